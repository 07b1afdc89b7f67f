"""``why``: why a gradient is None, zero, NaN, infinite, or this number."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..core import exits
from ..core.alive import alive
from ..core.custom import CustomNode
from ..core.delivery import is_rewritten
from ..core.node import RECENT, AccumulateGrad, Freed, Node, Port
from ..core.origin import Place, caller, resolve
from ..core.source import syntax_of
from ..core.value import TensorBase, new_tensor, numbers_of
from ..core.views import current_node
from ._causes import PRODUCTS, Cause, Reason
from ._cuts import GOING_ON, coming_back, cuts_of, is_draw, matched, partial_cuts
from ._guesses import SHIFTED, guessed, shift_before_norm, softmax_shifted
from ._numbers import is_finite, is_zero, kind_of, rounded_away, why_not_finite, why_zero
from ._rebuilt import Rebuilt, rebuilt
from ._remarks import remark
from ._replay import Replays, freed, saved, value_noted
from ._symbols import spoken

if TYPE_CHECKING:
    from types import CodeType

    from .._tensor import Tensor
    from ..core.exits import Site
    from ..nn import Module
    from ._why_module import ModuleReport

__all__ = ["Cause", "Reason", "why"]


TINY = 1e-6
"""Below which a gradient is looked at as a sum that may cancel..."""
ROUNDED = 1e-4
"""...and up to which it may be what rounding leaves of many terms, where a shift cannot matter."""


class Call:
    """What one call of ``why`` has found out, for all the tensors that it is asked about."""

    def __init__(self, targets: Iterable[Any]) -> None:
        self.replays = Replays(targets)
        self.graphs: dict[Node, list[Rebuilt]] = {}
        """Graphs made again, by the roots of those that are gone."""
        self.again: dict[Node, Replays] = {}
        """The passes through these, by their own roots."""


MAKING = ("torch.", "chainrule.")
"""How an expression begins that makes a tensor, and does not change one."""
STEPS_TOO_LARGE = (
    "take smaller steps (learning rate, nn.utils.clip_grad_norm_); `with chainrule.guard():` around the loop stops at the first "
    "number that is not finite."
)


@overload
def why(t: Tensor, out: Tensor | Callable[[], Tensor] | None = None) -> Reason: ...
@overload
def why(t: Module, out: Tensor | Callable[[], Tensor] | None = None) -> ModuleReport: ...
def why(t: Any, out: Any = None) -> Any:
    """Why the gradient of ``t`` is None, zero, NaN, infinite, or the number that it is.

    Args:
        t: the tensor; a leaf, usually a parameter, or any other. Or a module: then all its parameters are explained.
        out: what is differentiated (of several elements, their sum): a tensor whose graph has not been let go, or a function
            without arguments that computes it. Then the pass is run once more and looked at; nothing is added to ``.grad``.
            By default ``t.grad`` is explained, from what is left of the last backward.

    Returns:
        A :class:`Reason`: its ``cause`` is one of the closed list :class:`Cause`, ``where`` the file, line and expression, ``text``
        (and ``str``) the whole answer with what to do.

    Raises:
        TypeError: ``t`` is no tensor, or ``out`` neither a tensor nor a function that returns one.

    >>> import chainrule as torch
    >>> w = torch.tensor([-3.], requires_grad=True)
    >>> answer = torch.why(w, torch.relu(w).sum())
    >>> answer.cause.name, answer.where.expression
    ('DEAD_RELU', 'torch.relu(w)')
    """
    called = _called(*caller(2))
    found: Any = out() if callable(out) and not isinstance(out, TensorBase) else out
    if found is not None and not isinstance(found, (TensorBase, float, int)):
        raise TypeError(
            f"why(): argument 'out' must be a tensor or a function that returns one, not {type(found).__name__}"
        )
    call = Call(t.parameters() if hasattr(type(t), "named_parameters") else [t] if isinstance(t, TensorBase) else ())

    def answer(tensor: Any, name: str) -> Reason:
        if found is None:
            return _of_grad(tensor, name, call)
        return _by(tensor, found, name, call) if isinstance(found, TensorBase) else _of_number(tensor, name)

    if hasattr(type(t), "named_parameters"):
        from ._why_module import reported

        return reported(t, called, answer, out is None)
    if not isinstance(t, TensorBase):
        raise TypeError(
            f"why(): argument 't' must be a tensor or a module, not {type(t).__name__}: name one, as in why(model.weight)"
        )
    return answer(t, f"the gradient of `{called}`" if called else "the gradient")


def _called(code: CodeType, lasti: int) -> str:
    """How the caller calls ``t``; empty where its source is not at hand."""
    syntax = syntax_of(code, lasti)
    if syntax is not None and isinstance(syntax.node, ast.Call):
        given = [part for keyword, part in syntax.arguments() if keyword in (None, "t")]
        if given and not isinstance(given[0], ast.Starred):
            return syntax.text(given[0])
    return ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _reason(cause: Cause, said: str, *args: Any, **kwargs: Any) -> Reason:
    return Reason(cause, _sentence(said), *args, **kwargs)


# -- of an output ----------------------------------------------------------------------------------------------------


def _by(t: Any, out: Any, name: str, call: Call) -> Reason:
    """Why the gradient of ``out`` by ``t`` is what it is."""
    node, root = current_node(t), current_node(out)
    if node is None:
        return _without_node(t, name)
    if root is None:
        return _uprooted(node, out, name, call)
    nodes = call.replays.path_to(node, root)
    if not nodes:
        return _unreached(t, node, root.seq, root, name)
    if freed(nodes) is not None:
        if (
            t._meta_slot is not None
            and t._meta_slot.grad is not None
            and t._meta_slot.backward is not None
            and t._meta_slot.backward.root() is root
        ):
            return _of_grad(t, name, call)
        return _reason(Cause.UNKNOWN, f"{name} by this output can no longer be computed: a backward has let the saved values go",
                       freed(nodes).place(), by="backward()")  # type: ignore[union-attr]  # fmt: skip
    steps, gradient = call.replays.steps_to(node, out, nodes)
    if gradient is None:
        return _stopped(nodes, node, name)
    return _of_numbers(t, node, gradient, name, steps, out, nodes)


def _of_numbers(t: Any, node: Node, gradient: Any, name: str, steps: Any, out: Any, nodes: list[Node]) -> Reason:
    on_path = set(nodes)
    if not is_finite(gradient):
        answer = why_not_finite(_sentence(name), gradient, steps, out, on_path)
    elif is_zero(gradient):
        answer = why_zero(_sentence(name), steps, on_path)
    else:
        rounded = rounded_away(_sentence(name), steps, on_path)
        answer = rounded or _ordinary_number(t, node, gradient, name, nodes)
    return answer


def _ordinary_number(t: Any, node: Node, gradient: Any, name: str, nodes: list[Node]) -> Reason:
    cuts = partial_cuts(node, nodes)
    if cuts:
        site = cuts[0]
        said = f"{name} leaves out what depends on it through {site.how}: that part of the path is cut."
        return _reason(Cause.PARTLY_CUT, said, site.place(), by=site.how)
    children = [one for one in nodes if node in one.parents]
    last = children[-1] if children else nodes[0]
    ways = "one use" if len(children) < 2 else f"{len(children)} uses"
    said = f"{name} is {_short(gradient)}: the chain rule over {ways} of it. {PRODUCTS}"
    others = tuple(("and used", one.origin()) for one in children[1:4])
    more, places, advice = remark(nodes, gradient) or ("", (), "")
    place = last.origin() if len(children) < 2 else children[0].origin()
    return _reason(
        Cause.NUMBER, f"{said}{more}".rstrip(), place, (*others[: 3 - len(places)], *places), last.name(), advice=advice
    )


def _short(gradient: Any) -> str:
    array = np.asarray(gradient)
    if array.size == 1:
        return f"{array.reshape(-1)[0]:.6g}"
    zeros = array.size - np.count_nonzero(array)
    return f"of size {np.abs(array).max():.4g} at most" + (
        f", and 0 in {zeros} of its {array.size} elements" if zeros else ""
    )


# -- of what .grad holds -----------------------------------------------------------------------------------------------


def _of_grad(t: Any, name: str, call: Call) -> Reason:
    node = current_node(t)
    meta = t._meta_slot
    gradient = None if meta is None else meta.grad
    if node is None and meta is not None and gradient is not None:
        node = meta.accumulator  # requires_grad was switched off after the backward
    if node is None:
        return _without_node(t, name)
    if type(node) is not AccumulateGrad and gradient is None and not t.retains_grad:
        said = f"{name} is None: it is the result of {node.name()}, and .grad is kept for leaves only."
        return _reason(Cause.NOT_RETAINED, said, node.origin(), by=node.name())
    if gradient is None:
        return _of_none(t, node, meta, name, call)
    return _of_given(t, node, meta, numbers_of(gradient._array), name, call)


def _of_none(t: Any, node: Node, meta: Any, name: str, call: Call) -> Reason:
    if meta is not None and meta.backward is not None and meta.cleared is not None:
        others = (("the backward that had given it one", meta.backward.place()),)
        said = f"{name} is None: it had one, which was taken away."
        return _reason(Cause.CLEARED, said, resolve(*meta.cleared), others, "grad = None")
    passes = [one for one in list(RECENT) if one.when > node.seq]
    given = [one for one in passes if one.accumulates]
    if not passes:
        return _not_run(node, name)
    last = given[-1] if given else passes[-1]
    root = last.root()
    nodes = [] if root is None else call.replays.path_to(node, root)
    if not given and (nodes or root is None):
        said = f"{name} is None: no pass that has run adds to every .grad (they were autograd.grad, or had inputs= without it)."
        return _reason(Cause.NONE_RETURNED, said, last.place(), by="autograd.grad")
    if not nodes:
        return _unreached(t, node, last.seq, root, name, last)
    return _stopped(nodes, node, name, last)


def _not_run(node: Node, name: str) -> Reason:
    cuts = [site for site in cuts_of(node, None) if site.how in exits.WHOLE]
    others = tuple((f"note that {site.how} cuts a path from it", site.place()) for site in cuts[:1])
    said = f"{name} is None: no backward has run since it came to require grad."
    return _reason(Cause.NOT_RUN, said, node.origin(), others, "backward()")


def _stopped(nodes: list[Node], node: Node, name: str, ran: Freed | None = None) -> Reason:
    """The graph leads there, and yet nothing arrived."""
    custom = [one for one in nodes if isinstance(one, CustomNode)]
    if custom:
        said = f"{name} is None: {custom[-1].name()} returned None for it."
        return _reason(Cause.NONE_RETURNED, said, custom[-1].origin(), by=custom[-1].name())
    if ran is not None:
        said = f"{name} is None: the graph leads to it, but the backward gave it none (inputs=, a hook), or .grad was replaced."
        return _reason(Cause.NONE_RETURNED, said, ran.place(), by="backward()")
    said = f"{name} is None: no rule on the way has a derivative."
    return _reason(Cause.NONE_RETURNED, said, nodes[0].origin(), by=nodes[0].name())


def _of_given(t: Any, node: Node, meta: Any, gradient: Any, name: str, call: Call) -> Reason:
    ran = meta.backward
    changed = None if ran is None or not is_rewritten(meta.grad, meta) else resolve(*meta.grad._cell.writer)
    if is_zero(gradient) and changed is not None and not _is_scaling(meta):
        others = (("the backward that had given it one", ran.place()),)
        return _reason(Cause.CLEARED, f"{name} is 0: it was overwritten.", changed, others, "zero_()")
    if ran is None:
        return _reason(Cause.CLEARED, f"{name} was assigned, not computed by a backward.", None, by="grad = ...")
    root = ran.root()
    nodes = [] if root is None else call.replays.path_to(node, root)
    if nodes and freed(nodes) is None and meta.count <= 1:
        out = _as_output(nodes[0])
        steps, again = call.replays.steps_to(node, out, nodes)
        if again is not None and np.array_equal(again, gradient, equal_nan=gradient.dtype.kind in "fc"):
            return _of_numbers(t, node, gradient, name, steps, out, nodes)
    if not is_finite(gradient) or is_zero(gradient):
        value = numbers_of(t._array)
        if not is_finite(value):
            said = f"{name} is {kind_of(gradient)}, and so is the tensor itself: its last step, or what it was made with, was not finite."
            wrote = None if t._cell is None or t._cell.writer is None else resolve(*t._cell.writer)
            return _reason(
                Cause.NOT_FINITE_FORWARD, said, wrote or node.origin(), by="the tensor", advice=STEPS_TOO_LARGE
            )
        answer = _of_rebuilt(node, nodes, gradient, name, ran, call) if meta.count <= 1 else None
        answer = answer or _hooked(node, nodes, name)
        answer = answer or guessed(_sentence(name), gradient, nodes or _alive_behind(node)[::-1], _held(root))
        if answer is not None:
            return answer
        what = kind_of(gradient) or "0"
        return _reason(Cause.UNKNOWN, f"{name} is {what}: the backward has let go the values that would tell why.", ran.place(),
                       by="backward()", advice="" if nodes else "ask while a variable holds the loss, as in why(t, loss) before the "
                       "backward; or with a function that computes it again: why(t, lambda: loss_of(x)).")  # fmt: skip
    if meta.count > 1:
        said = f"{name} is the sum of {meta.count} backwards: nothing has set it to None or zero in between."
        return _reason(Cause.ACCUMULATED, said, ran.place(), by="backward()")
    if changed is not None and _is_scaling(meta):
        said = f"{name} is {_short(gradient)}: what the backward gave, as it was scaled since."
        return _reason(Cause.NUMBER, said, changed, (("the backward", ran.place()),), "backward()")
    if changed is not None:
        said = f"{name} is not what the backward gave: it was changed in place since."
        return _reason(Cause.CLEARED, said, changed, (("the backward", ran.place()),), "in-place")
    if not nodes:
        return _reason(
            Cause.NUMBER, f"{name} is {_short(gradient)}: the backward gave it.", ran.place(), by="backward()"
        )
    if np.abs(gradient).max(initial=0) < ROUNDED:
        norm = shift_before_norm(node, nodes)
        if norm is not None:
            said = f"{name} is 0 but for rounding ({_short(gradient)}): it shifts what goes into {norm.name()}, which takes the mean away again."
            return _reason(
                Cause.CANCELLED,
                said,
                norm.origin(),
                by=norm.name(),
                advice="leave the bias out before a batch norm: bias=False.",
            )
    if np.abs(gradient).max(initial=0) < TINY:
        softmax = softmax_shifted(nodes)
        if softmax is not None:
            said = f"{name} is 0 but for rounding ({_short(gradient)}): it is added to all entries of {softmax.name()} alike. {SHIFTED}"
            return _reason(Cause.CANCELLED, said, softmax.origin(), by=softmax.name())
        answer = _of_rebuilt(node, nodes, gradient, name, ran, call)
        if answer is not None and answer.cause is Cause.CANCELLED:
            return answer
    return _ordinary_number(t, node, gradient, name, nodes)


def _is_scaling(meta: Any) -> bool:
    """Whether what wrote to a gradient was a clipping of it to more than 0, or a ``GradScaler``: which make no zeros."""
    syntax = syntax_of(*meta.grad._cell.writer)
    if syntax is None or not isinstance(syntax.node, ast.Call):
        return False
    called = syntax.text(syntax.node.func).rpartition(".")[2]
    if called in ("unscale_", "step"):
        return True
    if "clip_grad" not in called:
        return False
    return not any(isinstance(part, ast.Constant) and part.value == 0 for _, part in syntax.arguments())


def _hooked(node: Node, nodes: list[Node], name: str) -> Reason | None:
    """A hook on the way, which may have made the gradient what it is."""
    for one in (node, *nodes):
        if one.extra is not None and (one.extra.tensor_hooks or one.extra.hooks or one.extra.prehooks):
            on = "the tensor itself" if one is node else one.name()
            said = f"{name} is what a hook on {on} made of it, unless that handed on what came."
            hooks = (one.extra.tensor_hooks, one.extra.hooks, one.extra.prehooks)
            first = next(hook for some in hooks if some for hook in some.values())
            of_module = getattr(first, "__self__", None)  # which calls those of the user
            first = next(iter((*getattr(of_module, "hooks", ()), *getattr(of_module, "pre_hooks", ()))), first)
            if of_module is not None and hasattr(of_module, "module"):
                on = f"a {type(of_module.module).__name__}"
            code = getattr(first, "__code__", None)
            return _reason(
                Cause.NONE_RETURNED,
                said,
                one.origin()
                if code is None
                else Place(
                    code.co_filename,
                    code.co_firstlineno,
                    code.co_name,
                    linecache.getline(code.co_filename, code.co_firstlineno).strip(),
                ),
                by="a hook",
                certain=False,
                advice="look at what the hook returns.",
            )
    return None


def _of_rebuilt(node: Node, nodes: list[Node], gradient: Any, name: str, ran: Freed, call: Call) -> Reason | None:
    """The cause by a graph that was let go and can be made again; None where it cannot."""
    roots = nodes[:1] or [one for one in _uses(node)[1] if one.seq <= ran.seq]  # what its sum, or its mean, was
    answers: list[Reason] = []
    for root in roots[-2:]:
        if root not in call.graphs:
            call.graphs[root] = rebuilt(root, ran)
    for again in [one for root in roots[-2:] for one in call.graphs[root]]:
        leaf, end = again.leaves[node], again.out._node
        if end not in call.again:
            call.again[end] = Replays([again.leaves[one] for one in call.replays.targets if one in again.leaves])
        path = call.again[end].path_to(leaf._node, end)
        steps, found = call.again[end].steps_to(leaf._node, again.out, path)
        if found is None or is_finite(found) != is_finite(gradient):
            return None
        if is_zero(found) != is_zero(gradient) and max(np.abs(one).max(initial=0) for one in (found, gradient)) >= TINY:
            return None
        answers.append(_of_numbers(leaf, leaf._node, found, name, steps, again.out, path))
    if len({(one.cause, one.where, one.by) for one in answers}) != 1:
        return None
    return answers[0]


def _held(root: Node | None) -> Any:
    """What a node gave, where somebody still holds the tensor, or a backward has noted it; else None."""
    if root is None:
        return None
    held = next((tensor for tensor in alive(TensorBase) if tensor._node is root), None)
    return value_noted(root) if held is None else numbers_of(held._array)


def _as_output(root: Node) -> Any:
    """A tensor that stands for the output of a node, of which nobody may hold the tensor any more."""
    tensor = new_tensor(np.ones(root.shape, root.dtype), root)
    array = saved(root, "out")
    if array is not None:
        tensor._array = array
    return tensor


# -- no path -----------------------------------------------------------------------------------------------------------


def _detached(site: Site, name: str, verb: str = "is None") -> Reason:
    others: tuple[tuple[str, Place], ...] = (
        () if site.since is None else (("the first step that is not recorded", site.call()),)
    )
    if site.name != AccumulateGrad.full_name:
        others = (*others, ("what was cut off was computed by", site.source_place()))
    how, place = site.how, site.place()
    if is_draw(site):
        how = "sample()"
        others = others[1:] if site.since is not None else others
    elif how == "detach()" and "Parameter(" in site.call().expression:
        how = "nn.Parameter"
    others = tuple(other for other in others if other[1] != place)
    return _reason(Cause.DETACHED, f"{name} {verb}: {_cutting(how)}", place, others, how)


def _cutting(how: str) -> str:
    if how in ("no_grad", "inference_mode"):
        return f"the way from it to the output goes through a step under {how}, which is not recorded."
    if how == "sample()":
        return "the way from it to the output goes through sample(), a draw through which nothing is differentiated."
    if how in GOING_ON or how == "nn.Parameter":
        return f"the way from it to the output is cut by {how}."
    said = (
        "a conversion to integers or booleans"
        if how == "astype"
        else f"the {how.split()[1]} of {spoken(how.rsplit(maxsplit=1)[-1])}"
        if " of " in how
        else f"`{how}`"
    )
    return f"the way from it to the output goes through {said}, whose result is discrete and has no gradient."


def _unreached(t: Any, node: Node, seq: int, root: Node | None, name: str, ran: Freed | None = None) -> Reason:
    """No path leads from an output back to the tensor."""
    cuts = cuts_of(node, seq)
    site = matched(cuts, root) or coming_back(cuts, root)
    if site is not None:
        return _detached(site, name)
    backward = () if ran is None else (("the backward", ran.place()),)
    if node.seq > seq:
        place = node.origin()
        if "requires_grad" in place.expression and not place.expression.startswith(MAKING):
            said = f"{name} is None: it came to require grad only after the graph was built."
            return _reason(Cause.LATE, said, place, backward, "requires_grad_()")
        said = f"{name} is None: it was made after the output."
        return _reason(Cause.NOT_USED, said, place, backward, "")
    users, ends = _uses(node)
    for end in ends:
        op = getattr(end, "op", None)
        if op is not None and op.name in ("put_path", "index_put", "put_flat", "copy", "index_add", "masked_fill"):
            said = f"{name} is None: it was written into a tensor that the output does not depend on, a copy."
            return _reason(Cause.WRITTEN_TO_COPY, said, end.origin(), backward, end.name())
    if users:
        said = f"{name} is None: it was used, but the output does not depend on the result."
        return _reason(Cause.NOT_USED, said, users[-1].origin(), backward, users[-1].name())
    said = f"{name} is None: nothing that led to the output used it."
    return _reason(Cause.NOT_USED, said, node.origin(), backward, certain=root is not None)


def _alive_behind(node: Node) -> list[Node]:
    """The nodes alive that depend on a node, oldest first."""
    nodes = sorted(alive(Node), key=lambda one: one.seq)
    behind = {node}
    for one in nodes:
        if not behind.isdisjoint(one.parents):
            behind.add(one)
    return [one for one in nodes if one in behind and one is not node]


def _uses(node: Node) -> tuple[list[Node], list[Node]]:
    """The nodes alive that have a node among their parents, oldest first; and the last of all that depend on them."""
    behind = _alive_behind(node)
    inner = {parent for one in behind for parent in one.parents}
    return [one for one in behind if node in one.parents], [
        one for one in behind if one not in inner and not isinstance(one, Port)
    ]


def _without_node(t: Any, name: str) -> Reason:
    """The tensor itself does not require grad."""
    site = exits.maker(t)
    if site is not None and site.how != "requires_grad = False":
        return _detached(site, name, "is None, since it has no history")
    if site is not None:
        said = f"{name} is None: it does not require grad, because that was switched off."
        return _reason(Cause.NOT_WANTED, said, site.place(), by=site.how)
    if t._array.dtype.kind in "iub":
        said = f"{name} is None: it is of {t.dtype}, and only floating point and complex tensors have gradients."
        return _reason(
            Cause.NOT_WANTED,
            said,
            None,
            by=str(t.dtype),
            advice="make it of floats, as by .float(), before it is used.",
        )
    alike = [name for name in getattr(t, "__dict__", ()) if name.lower().startswith("requir")]
    if alike:
        said = f"{name} is None: it does not require grad. It has an attribute `{alike[0]}`, which nothing looks at: the name is `requires_grad`."
        return _reason(
            Cause.NOT_WANTED, said, None, by=alike[0], advice="write t.requires_grad_() or t.requires_grad = True."
        )
    last = exits.last_cut()
    others = () if last is None else ((f"if it was computed: the last cut, by {last.how}", last.place()),)
    said = f"{name} is None: it does not require grad, and nothing that it was computed from does."
    return _reason(Cause.NOT_WANTED, said, None, others)


def _uprooted(node: Node, out: Any, name: str, call: Call) -> Reason:
    """The output has no history."""
    site = exits.maker(out)
    cuts = cuts_of(node, None)
    if site is None and cuts:
        site = cuts[0]
    ran = None if site is not None else differentiated(node, call)
    if ran is not None:
        said = f"{name} is None: the output has no history, as gradients have none that were computed without create_graph=True."
        return _reason(Cause.DETACHED, said, ran.place(), by="autograd.grad", certain=False)
    place = node.origin()
    if site is None and "requires_grad" in place.expression and not place.expression.startswith(MAKING):
        said = f"{name} is None: the output has no history, as what is computed of it before it requires grad has none."
        return _reason(Cause.LATE, said, place, by="requires_grad_()", certain=False)
    if site is None:
        said = f"{name} is None: the output was not computed from it, nor from anything else that requires grad."
        return _reason(Cause.NOT_USED, said, node.origin(), by="")
    return _detached(site, name, "is None, and the output has no history at all")


def differentiated(node: Node, call: Call) -> Freed | None:
    """The last pass that gave gradients of what depends on a node, without a history; None if there was none."""
    ran = next((one for one in reversed(list(RECENT)) if one.when > node.seq), None)
    if ran is None or ran.accumulates or ran.recorded:
        return None
    root = ran.root()
    return ran if root is None or call.replays.path_to(node, root) else None


def _of_number(t: Any, name: str) -> Reason:
    """The output is a Python number."""
    node = current_node(t)
    if node is None:
        return _without_node(t, name)
    cuts = sorted(cuts_of(node, None), key=lambda site: site.when, reverse=True)
    if not cuts:
        return _reason(
            Cause.NOT_USED,
            f"{name} is None: the output is a Python number that was not computed from it.",
            node.origin(),
        )
    return _detached(cuts[0], name, "is None, and the output is a Python number")
