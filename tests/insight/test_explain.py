"""``explain``: what it prints is computed, and adds up to the gradient."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as torch
import chainrule.nn.functional as F
from chainrule.autograd import grad
from chainrule.insight import Graph, explain, from_torch
from chainrule.insight._formulas import ACTIONS, SLOPES
from chainrule.insight.model import shown


def test_the_lecture_s_slide() -> None:
    x = torch.tensor([3.0])
    w = torch.tensor([2.0], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    a = F.relu(x * w + b)
    assert (
        str(explain(a, [w, b]))
        == """\
da/dw = 3
da/db = 1

forward
  u = x * w              6
  v = x * w + b          7
  a = F.relu(x * w + b)  7

local derivatives
  du/dw = x        3
  dv/du            1
  dv/db            1
  da/dv = [v > 0]  1

chain rule
  da/dw = du/dw * dv/du * da/dv = 3 * 1 * 1 = 3

chain rule
  da/db = dv/db * da/dv = 1 * 1 = 1"""
    )


def test_its_minus_zero() -> None:
    x = torch.tensor([-1.0])
    w = torch.tensor([1.0], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    a = F.relu(x * w + b)
    text = str(explain(a, w))
    assert text.startswith("da/dw = -0\n")
    assert "da/dw = du/dw * dv/du * da/dv = (-1) * 1 * 0 = -0" in text
    assert "relu has no derivative at v = 0" in text
    assert "its minus comes from 0 times du/dw = -1" in text


UNARY = [
    torch.sin,
    torch.exp,
    torch.tanh,
    torch.sigmoid,
    torch.relu,
    lambda x: x * x,
    lambda x: x**3,
    lambda x: x / 2.0,
]
BINARY = [torch.add, torch.sub, torch.mul, lambda x, y: x / (y * y + 1.0), torch.maximum]


def scalar_program(seed: int) -> tuple[torch.Tensor, list[torch.Tensor]]:
    choice = random.Random(seed)
    leaves = [torch.tensor(choice.uniform(-1, 1), dtype=torch.float64, requires_grad=True) for _ in range(3)]
    values = list(leaves)
    for _ in range(7):
        if choice.random() < 0.4:
            values.append(choice.choice(UNARY)(choice.choice(values)))
        else:
            values.append(choice.choice(BINARY)(choice.choice(values[-3:]), choice.choice(values)))
    return sum(values[3:], leaves[0] * leaves[1] * leaves[2]), leaves


def array_program(seed: int) -> tuple[torch.Tensor, list[torch.Tensor]]:
    choice = random.Random(seed)
    rng = np.random.default_rng(seed)
    shapes = [(2, 3), (3, 2), (3,), (1, 3)]
    leaves = [torch.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]
    x, w, c, r = leaves
    h = x
    for _ in range(3):
        step = choice.randrange(7)
        if step == 0:
            h = torch.tanh(h @ w @ x + c)
        elif step == 1:
            h = h * r + h
        elif step == 2:
            h = h.t().reshape(2, 3).exp() / 10
        elif step == 3:
            h = torch.cat([h[:, 1:], h.sum(1, keepdim=True)], 1)
        elif step == 4:
            h = torch.softmax(h, 1) - c
        elif step == 5:
            h = torch.relu(h) * h.mean()
        else:
            p, q = h.unbind(0)
            h = torch.stack([q * c, p.cumsum(0)])
    return (h * h).mean() + (h @ w).sum() + (c * r).sum(), leaves


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-9, atol=1e-12)


def hold_to_grad(out: torch.Tensor, leaves: list[torch.Tensor]) -> None:
    """What an explanation says adds up to the gradient, path by path and use by use."""
    real = grad(out, leaves, retain_graph=True, materialize_grads=True)
    for leaf, g in zip(leaves, real, strict=True):
        chain = explain(out, leaf).chains[0]
        close(chain.gradient.array, g)
        close(sum((use.contribution.array for use in chain.uses), np.zeros(leaf.shape)), g)
        products = [path.product for path in chain.paths]
        assert len(products) in (chain.count, 0)
        if products and None not in products:
            close(sum(one.array for one in products), g)


@pytest.mark.parametrize("seed", range(12))
def test_products_add_up_to_the_gradient(seed: int) -> None:
    out, leaves = scalar_program(seed)
    hold_to_grad(out, leaves)
    for leaf, g in zip(leaves, grad(out, leaves, retain_graph=True), strict=True):
        explanation = explain(out, {"it": leaf}.values(), names={"it": leaf})
        said = [line for line in str(explanation).splitlines() if line.lstrip().startswith("d") and "/dit" in line]
        assert said[0].endswith(f"/dit = {shown(g.item())}")
        assert str(explanation).rstrip().splitlines()[-1]
        chain = explanation.chains[0]
        if chain.paths:
            assert all(path.product is not None for path in chain.paths)


@pytest.mark.parametrize("seed", range(12))
def test_arrays_add_up_to_the_gradient(seed: int) -> None:
    hold_to_grad(*array_program(seed))


def test_numbers_of_the_text_are_those_of_the_graph() -> None:
    """A printed product equals the product of its printed factors, and the last sum that of its terms."""
    x = torch.tensor(2.0, requires_grad=True)
    y = x * x * 3.0 + x * 0.5 - x
    for line in str(explain(y, x)).splitlines():
        if line.strip().startswith("path") or line.strip().startswith("dy/dx = "):
            *_, expression, result = line.split(" = ")
            if re.fullmatch(r"[-\d.*+ ()]+", expression):
                assert eval(expression) == pytest.approx(float(result))
    assert "dy/dx = " in str(explain(y, x))


def test_very_many_paths() -> None:
    w = torch.tensor(0.5, requires_grad=True)
    h = w
    for _ in range(60):
        h = h * 0.4 + torch.sin(h) * 0.4
    explanation = explain(h, w)
    chain = explanation.chains[0]
    assert chain.count == 2**60
    assert not chain.paths
    close(chain.gradient.array, grad(h, w)[0])
    text = str(explanation)
    assert f"the sum over {2**60} paths; step by step, the largest is w → u → h₁ → q → " in text  # 0.4 > 0.4 cos(0.5)
    assert len(text.splitlines()) < 250


def test_complex_numbers() -> None:
    z = torch.tensor([1.0 + 2.0j], dtype=torch.complex128, requires_grad=True)
    y = (z * z * (2 - 1j)).real
    chain = explain(y, z).chains[0]
    close(chain.gradient.array, grad(y, z, torch.ones(1, dtype=torch.float64))[0])
    assert all(path.product is not None for path in chain.paths)
    close(sum(path.product.array for path in chain.paths), chain.gradient.array)


def test_products_of_complex_numbers_as_they_are_printed() -> None:
    z = torch.tensor(1.0 + 2.0j, dtype=torch.complex128, requires_grad=True)
    u = z * (2.0 - 1.0j)
    w = u * z
    y = w.abs()
    checked = 0
    for line in re.sub(r"\n\s+= ", " = ", str(explain(y, z))).splitlines():
        *_, expression, result = ["", *line.split(" = ")]
        if re.fullmatch(r"[-\d.*+ ()i]*[*+][-\d.*+ ()i]*", expression):
            assert eval(expression.replace("i", "j")) == pytest.approx(eval(result.replace("i", "j")), rel=1e-3)
            checked += 1
    assert checked == 3
    assert "conj(dw/du)" in str(explain(y, z))
    x = torch.tensor([[1.0 + 1.0j, 2.0]], requires_grad=True)
    m = torch.tensor([[1.0j], [2.0]], requires_grad=True)
    v = x @ m
    y = v.abs().sum()
    assert "dy/dm = conj(x)ᵀ @ dy/dv" in str(explain(y, m))


def test_several_elements_are_explained_as_their_sum() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    explanation = explain(x.exp(), x)
    assert explanation.chains[0].gradient.data == x.exp().tolist()
    assert "starting with a cotangent of ones, as for its sum" in str(explanation)
    given = explain(x * 2, x, seed=torch.tensor([1.0, -1.0]))
    assert given.chains[0].gradient.data == [2.0, -2.0]


def test_where_it_ceases_to_be_finite() -> None:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    y = torch.where(x > 0, x.log(), x.detach()).sum()
    assert str(explain(y, x)).endswith("the first on the way back that is not finite is dy/dx")


def test_jacobians_and_one_step() -> None:
    x = torch.tensor([1.0, 3.0], requires_grad=True)
    y = x.max()
    assert "from the output back\n  dy/dx = [0, 1]" in str(explain(y, x))
    z = torch.tensor(1.0, requires_grad=True)
    w = z * 2.0
    assert str(explain(w, z)).endswith("chain rule\n  dw/dz = 2")


def test_several_outputs_of_one_operation() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    p, q = (x * 2.0).unbind(0)
    y = (p * q).sum()
    text = str(explain(y, x))
    assert "d(p, q)/du = g put back where it was read" in text
    assert "dy/du = (dy/dp, dy/dq) put back where it was read, zeros elsewhere, [2, 2]" in text
    assert "= [[6, 8], [2, 4]]" in text


def test_inside_a_transform_the_numbers_are_not_known() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.vmap(lambda t: t.sin() * t)(x).sum()
    text = str(explain(y, x))
    assert text.startswith("dy/dx = ?")
    assert "it is inside a transform" in text


def test_a_value_in_between() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    h = x * x
    y = h * h
    assert explain(y, h).chains[0].gradient.number == 18.0
    assert explain(y, "h").chains[0].gradient.number == 18.0


def test_after_a_backward_that_freed_the_graph() -> None:
    x, w, b = torch.tensor([3.0]), torch.tensor([2.0], requires_grad=True), torch.tensor([1.0], requires_grad=True)
    a = F.relu(x * w + b)
    a.backward()
    assert "= 3 * 1 * 1 = 3" in str(explain(a, w))
    assert w.grad.item() == 3.0


def test_nothing_changes() -> None:
    x, w, b = torch.tensor([3.0]), torch.tensor([2.0], requires_grad=True), torch.tensor([1.0], requires_grad=True)
    a = F.relu(x * w + b)
    before = (a._version, w.grad, a.grad_fn)
    explain(a, w).html()
    assert (a._version, w.grad, a.grad_fn) == before
    assert grad(a, w)[0].item() == 3.0


def test_from_json() -> None:
    x, w, b = torch.tensor([3.0]), torch.tensor([2.0], requires_grad=True), torch.tensor([1.0], requires_grad=True)
    a = F.relu(x * w + b)
    read = Graph.from_json(Graph.of(a, names={"w": w}).to_json())
    assert str(explain(read, "w")).splitlines()[3:] == str(explain(a, w, names={"w": w})).splitlines()[3:]


def test_text_of_users_is_no_markup() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    y = x * 3.0
    name = "<script>|`$\\frac{x}_&"
    explanation = explain(y, x, label={name: x})
    html = explanation.html()
    assert "<script>" not in html
    assert "&lt;script&gt;|`$" in html
    latex = explanation.latex()
    assert r"\backslash frac\{x\}\_\&" in latex
    assert latex.count("{") == latex.count("}")
    row = next(line for line in explanation.markdown().splitlines() if "script" in line and line.startswith("**"))
    assert r"``dy/d<script>|`$\frac{x}_& = 3``" in row
    assert explanation._repr_html_() == html
    assert explanation._repr_markdown_() == explanation.markdown()


def test_what_cannot_be_explained() -> None:
    x, other = torch.tensor(2.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    y = x * 3.0
    with pytest.raises(RuntimeError, match="is no part of the graph"):
        explain(y, other)
    with pytest.raises(RuntimeError, match="does not require grad"):
        explain(y, torch.tensor(1.0))
    with pytest.raises(ValueError, match="has no graph"):
        explain(torch.tensor(1.0))
    with pytest.raises(TypeError, match="a tensor or a Graph, but got a float"):
        explain(1.0)
    with pytest.raises(TypeError, match="names of its values, but got a int"):
        explain(y, [3])
    with pytest.raises(KeyError, match="no value is called 'z'"):
        explain(y, "z")


# -- formulas ----------------------------------------------------------------------------------------------------------

CALLS = {"divide": "div", "multiply": "mul", "softplus": "nn.functional.softplus"}
POWERS = str.maketrans({"²": "**2", "³": "**3"})
FUNCTIONS: dict[str, Any] = {name: getattr(np, name) for name in "sign sqrt sin cos sinh cosh outer sum".split()}
FUNCTIONS["sigmoid"] = lambda x: 1 / (1 + np.exp(-x))


def evaluated(formula: str, names: dict[str, Any]) -> Any:
    """The number that a formula of the text stands for."""
    text = re.sub(r"\[(\w+) > 0\]", r"(\1 > 0)", formula.translate(POWERS))
    text = re.sub(r"(\w|\)) (\(|[a-z])", r"\1 * \2", text).replace("ᵀ", ".T")
    return eval(text, FUNCTIONS | names)


@pytest.mark.parametrize(("name", "argument"), [(name, argument) for name in SLOPES for argument in SLOPES[name]])
def test_the_formula_of_a_slope(name: str, argument: str) -> None:
    call = torch
    for part in CALLS.get(name, name).split("."):
        call = getattr(call, part)
    x, y = (torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (0.3, 0.7))
    out = call(x, y) if "y" in SLOPES[name] else call(x)
    explanation = explain(out, argument)
    (edge,) = explanation.edges
    names = {"x": 0.3, "y": 0.7, "out": out.item()}
    formula = SLOPES[name][argument][0].format(x="x", y="y", out="out")
    assert explanation.formula(edge).text == SLOPES[name][argument][0]
    assert evaluated(formula, names) == pytest.approx(edge.local.number, rel=1e-12)


def test_the_formula_of_a_power() -> None:
    x = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    for exponent in (2, 3.0, 0.5, -1.5):
        (edge,) = explain(x**exponent, x).edges
        formula = explain(x**exponent, x).formula(edge).text.format(x="x")
        assert evaluated(formula.replace("^", "**"), {"x": 0.3}) == pytest.approx(edge.local.number)


def products() -> list[tuple[str, Any]]:
    rng = np.random.default_rng(0)
    a, b, c, v, u = (
        torch.tensor(rng.normal(size=shape), requires_grad=True) for shape in [(2, 3), (3, 4), (4, 3), (3,), (3,)]
    )
    target = torch.tensor([1, 2])
    return [
        ("matmul", lambda: ((a @ b), {"x": a, "y": b})),
        ("mv", lambda: ((a @ v), {"x": a, "y": v})),
        ("vm", lambda: ((v @ b), {"x": v, "y": b})),
        ("dot", lambda: (torch.dot(v, u), {"x": v, "y": u})),
        ("linear_layer", lambda: (F.linear(a, c), {"x": a, "w": c})),
        ("addmm", lambda: (torch.addmm(v[0], a, b), {"x": a, "y": b})),
        ("softmax", lambda: (torch.softmax(v, 0), {"x": v})),
        ("log_softmax", lambda: (torch.log_softmax(v, 0), {"x": v})),
        ("mse_loss", lambda: (F.mse_loss(v, u), {"x": v, "y": u})),
        ("cross_entropy", lambda: (F.cross_entropy(a, target), {"x": a})),
    ]


@pytest.mark.parametrize(("name", "call"), products())
def test_the_formula_of_an_action(name: str, call: Any) -> None:
    out, operands = call()
    rng = np.random.default_rng(1)
    g = np.asarray(rng.normal(size=out.shape))
    explanation = explain(out, list(operands.values()), names=operands, seed=torch.tensor(g))
    arrays = {key: one.detach().numpy() for key, one in operands.items()}
    e = np.exp(arrays["x"])
    known = arrays | {"out": out.detach().numpy(), "g": g, "g_": g, "softmax": lambda x: e / e.sum(-1, keepdims=True)}
    known |= {"n": out.numel() if name != "mse_loss" else 3, "one_hot": np.eye(3)[[1, 2]]}
    if name == "cross_entropy":
        known["n"] = 2
    said = {edge.argument: edge for edge in explanation.edges}
    checked = 0
    for (op, argument), (formula, _) in ACTIONS.items():
        if op == name and argument in said:
            edge = said[argument]
            made = evaluated(formula.format(**{key: key for key in "x y w b out g g_".split()}), known)
            close(made, edge.contribution.array)
            checked += 1
    assert checked


def test_formulas_only_where_they_are_right() -> None:
    x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    loss = F.cross_entropy(x, torch.tensor([1]), reduction="sum")
    assert "/ n" not in str(explain(loss, x))
    m = torch.addmm(x, x @ x.t(), x, alpha=2)
    edge = explain(m, "x").edges[-1]
    assert explain(m, "x").formula(edge) is None


def test_from_torch_without_pytorch() -> None:
    with pytest.raises(TypeError, match="one of PyTorch's tensors, but got a Tensor"):
        from_torch(torch.ones(1, requires_grad=True))


def test_what_the_readme_shows(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    python, shown = (re.search(rf"```{kind}\n(.*?)```", readme, re.DOTALL)[1] for kind in ("python", "text"))
    source = [line[4:] for line in python.splitlines() if line.startswith(">>> ")]
    program = tmp_path / "readme.py"
    program.write_text("\n".join([*source[: source.index("a")], "print(torch.explain(a, w))"]))
    run = subprocess.run([sys.executable, program], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == shown.strip()


def test_empty_tensors_in_every_form() -> None:
    w = torch.ones(0, 2, requires_grad=True)
    account = explain((w * 2.0).sum())
    assert all((account.text(), account.markdown(), account.latex(), account.html()))


def test_an_operand_that_is_not_known_leaves_no_gap_in_a_formula() -> None:
    model = torch.nn.Linear(2, 1)
    loss = model(torch.ones(3, 2)).square().mean()
    loss.backward()
    with torch.no_grad():
        model.weight += 1
    text = str(explain(loss, model.weight))
    assert "du/dweight = Jᵀ g, J the Jacobian of linear by weight" in text
    assert "draw before optimizer.step()" in text


def test_what_formulas_speak_of_is_listed() -> None:
    w, v = torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, requires_grad=True)
    told = str(explain((w @ v.T * 2).sum(), w))
    assert "u = v.T" in told
    assert "@ uᵀ" in told


def test_loss_has_its_formula_and_begins_with_one() -> None:
    p = torch.tensor([1.0, 3.0], requires_grad=True)
    target = torch.zeros(2)
    loss = F.mse_loss(p, target)
    told = str(explain(loss, p))
    assert "dloss/dp = g * 2 (p - target) / n" in told
    assert "dloss/dp = 2 (p - target) / n = [1, 3]" in told
    assert "dloss/dloss" not in told


def test_all_factors_of_zero_are_named() -> None:
    x, w = torch.tensor(-1.0, requires_grad=True), torch.tensor(0.0)
    u = torch.relu(x)
    y = u * w
    assert "it is zero because du/dx = 0 and dy/du = 0" in str(explain(y, x))


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (lambda z: (z * z.conj()).real, "do/dz = conj(do/du) + do/dv * conj(u) = (1+2i) + (1+2i) = 2+4i"),
        (lambda z: (z.sgn() * z).abs(), "J the Jacobian of sgn by z"),
        (lambda z: (z**3).imag, "conj(du/dz) * conj(do/du) = (-9-12i) * (0+1i) = 12-9i"),
        (lambda z: (z.real * (1 + 2j)).abs(), "Re(do/dv * conj(1+2j))"),
        (lambda z: (z.imag + z).abs(), "Re("),
        (lambda z: torch.complex(z.real, z.imag * 2).abs(), "Im("),
        (lambda z: torch.exp(1j * z.angle()).real, "Re(do/dv * conj(1j))"),
    ],
)
def test_what_a_complex_cotangent_is_not_just_multiplied_by(program: Any, said: str) -> None:
    z = torch.tensor(1.0 + 2.0j, dtype=torch.complex128, requires_grad=True)
    o = program(z)
    it = explain(o, z)
    assert said in str(it)
    (expected,) = grad(o, z, retain_graph=True)
    (chain,) = it.chains
    assert np.allclose(chain.gradient.array, expected.numpy())
    products = [None if path.product is None else path.product.array for path in chain.paths]
    assert None in products or np.allclose(sum(products), expected.numpy())
    it.latex(), it.html()


def test_no_name_breaks_a_table() -> None:
    w, v = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0)
    told = explain(w * v, w, names={"a|b`c`": w}).markdown()
    assert told.partition("\n")[0].endswith("/da|b`c` = 3``**")
    rows = [line.replace(r"\|", "") for line in told.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5, 4}
    assert not any("`" in part for part in re.findall(r"\$[^$]+\$", told))
