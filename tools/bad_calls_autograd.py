"""Bad calls of the engine, in-place writes, custom functions and shared memory.

An entry is ``setup ;; refused call`` and the needles: see record_bad_calls.py, which reads this table.
"""

from __future__ import annotations

CUSTOM = """class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, *k): {}
    @staticmethod
    def backward(ctx, g): {}
"""


def custom(forward: str, backward: str = "return g") -> str:
    """Source of a custom function F with these two bodies."""
    return CUSTOM.format(forward, backward)


F = "F = torch.autograd.functional ;; "

# fmt: off
AUTOGRAD: dict[str, list[tuple[str, ...]]] = {
    "calling backward and grad": [
        ("(w * 2).backward()", "scalar", "3"),
        ("torch.autograd.grad(w * 2, w)", "scalar", "3"),
        ("l = w * 2 ;; l.backward(torch.ones(2))", "2", "3"),
        ("l = (w * 2).sum() ;; l.backward(torch.ones(3))", "3"),
        ("l = w * 2 ;; l.backward(torch.ones(3, dtype=torch.complex64))", "complex"),
        ("l = w * 2 ;; l.backward('a')", "str"),
        ("l = (w * 2).sum() ;; l.backward(3.)", "float"),
        ("x.sum().backward()", "require", "grad"),
        ("torch.autograd.grad(x.sum(), w)", "require", "grad"),
        ("i.sum().backward()", "require", "grad"),
        ("l = (w * w).sum(); l.backward() ;; l.backward()", "second time", "retain_graph"),
        ("l = (w * w).sum(); torch.autograd.grad(l, w) ;; torch.autograd.grad(l, w)", "second time", "retain_graph"),
        ("h = w.exp(); k = h.sum(); k.backward() ;; (h * 2).sum().backward()", "second time", "retain_graph"),
        ("v = torch.ones(3, requires_grad=True) ;; torch.autograd.grad(w.sum(), v)", "unused", "allow_unused"),
        ("torch.autograd.grad(w.sum(), x)", "require", "grad"),
        ("torch.autograd.grad(w.sum(), [w, x])", "require", "grad"),
        ("torch.autograd.grad(w.sum(), [])", "empty|at least one"),
        ("torch.autograd.grad(w.sum(), 'w')", "str"),
        ("torch.autograd.grad('w', w)", "str"),
        ("torch.autograd.grad(w.sum(), [3])", "int"),
        ("torch.autograd.grad(w * 2, w, torch.ones(2))", "2", "3"),
        ("torch.autograd.grad([w * 2, w * 3], w, [torch.ones(3)])", "2", "1"),
        ("torch.autograd.grad(w * 2, w, 3.)", "float"),
        ("torch.autograd.grad(w * 2, w, torch.ones(3) * 1j)", "complex"),
        ("torch.autograd.grad(w.sum(), w, allow_unused=False, materialize_grads=True)", "allow_unused"),
        ("torch.autograd.grad(w.sum(), w, foo=True)", "foo"),
        ("torch.autograd.grad(w * 2, w, torch.ones(2, 5), is_grads_batched=True)", "5", "3"),
        ("torch.autograd.backward([w * 2, w * 3], [torch.ones(3)])", "2", "1"),
        ("torch.autograd.backward(w * 2)", "scalar"),
        ("torch.autograd.backward(w.sum(), inputs=[])", "empty"),
        ("w.sum().backward(inputs=[x])", "require", "grad"),
        ("w.sum().backward(inputs=['w'])", "str"),
        ("w.sum().backward(foo=1)", "foo"),
        ("z = torch.tensor([1j], requires_grad=True) ;; (z * z).sum().backward()", "complex|real"),
        ("l = (w * w).sum() ;; v = torch.autograd.grad(l, w)[0]; torch.autograd.grad(v.sum(), w)", "require", "grad"),
    ],
    "gradient slots and flags": [
        ("l = w * 2 ;; l.requires_grad = False", "leaf", "detach"),
        ("l = w * 2 ;; l.requires_grad_(False)", "leaf", "detach"),
        ("w.grad = torch.ones(2)", "2", "3"),
        ("w.grad = torch.ones(3, 1)", "3, 1|3", "3"),
        ("w.grad = 3.", "Tensor", "float"),
        ("w.grad = np.ones(3)", "Tensor", "ndarray"),
        ("w.grad = torch.ones(3).double()", "float", "double|float64"),
        ("w.grad = w", "own grad|itself|self"),
        ("x.retain_grad()", "require"),
        ("x.register_hook(print)", "require"),
        ("(w * 2).register_post_accumulate_grad_hook(print)", "leaf"),
        ("x.register_post_accumulate_grad_hook(print)", "require"),
        ("l = w * 2 ;; copy.deepcopy(l)", "leaf|leaves|explicitly by the user", "deepcopy|detach"),
        ("l = [w, w * 2] ;; copy.deepcopy(l)", "leaf|leaves|explicitly by the user", "deepcopy|detach"),
        ("v = (w * 2)[1:] ;; v.detach_()", "view", "detach"),
        ("l = w * 2; p, q, r = l.unbind() ;; p.detach_()", "view", "detach"),
        ("torch.tensor(w, 3, 4, 5)", "argument"),
        ("w.register_hook()", "hook"),
        ("w.grad_fn.name()", "NoneType"),
        ("w.backward(torch.ones(3), True, False, None, 5)", "argument"),
    ],
    "hooks": [
        ("w.register_hook(lambda g: g[:2]) ;; w.sum().backward()", "2", "3"),
        ("w.register_hook(lambda g: 'a') ;; w.sum().backward()", "str"),
        ("w.register_hook(lambda g: g.new_ones(0)[5]) ;; w.sum().backward()", "5"),
        ("w.register_hook(lambda: None) ;; w.sum().backward()", "argument"),
        ("w.register_hook(lambda g: 1 / 0) ;; w.sum().backward()", "division"),
        ("l = w * 2; l.register_hook(lambda g: {}['key']) ;; l.sum().backward()", "key"),
        ("l = w * 2; l.grad_fn.register_hook(lambda gi, go: 1 / 0) ;; l.sum().backward()", "division"),
        ("l = w * 2; l.grad_fn.register_hook(lambda gi, go: (1, 2, 3)) ;; l.sum().backward()", "3", "2"),
        ("l = w * 2; l.grad_fn.register_prehook(lambda go: (go[0], go[0])) ;; l.sum().backward()", "2", "1"),
        ("l = w * 2; l.grad_fn.register_prehook(lambda go: ('a',)) ;; l.sum().backward()", "str"),
    ],
    "in place on leaves and views": [
        ("w.add_(1)", "leaf", "in-place"),
        ("w += 1", "leaf", "in-place"),
        ("w.mul_(2)", "leaf", "in-place"),
        ("w.zero_()", "leaf", "in-place"),
        ("w.fill_(0.)", "leaf", "in-place"),
        ("w.copy_(torch.ones(3))", "leaf", "in-place"),
        ("w.clamp_(0, 1)", "leaf", "in-place"),
        ("w.masked_fill_(b, 0.)", "leaf", "in-place"),
        ("w.scatter_(0, torch.tensor([0]), 1.)", "leaf", "in-place"),
        ("w[:] = 0.", "leaf", "in-place"),
        ("w[b] = 0.", "leaf", "in-place"),
        ("v = w[1:] ;; v.add_(1)", "view of a leaf", "in-place"),
        ("v = w.view(3, 1) ;; v.zero_()", "view of a leaf", "in-place"),
        ("w[1:] += 1", "view of a leaf", "in-place"),
        ("p, q, r = w.unbind() ;; p.add_(1)", "view|leaf", "in-place|inplace"),
        ("t = w.view(1, 3).T ;; t[0] = 1.", "view of a leaf", "in-place"),
        ("w.unsqueeze_(0)", "leaf", "in-place"),
        ("w.squeeze_()", "leaf", "in-place"),
        ("l = w * 2; p, q, r = l.unbind() ;; p.add_(1)", "unbind", "multiple|view"),
        ("l = w * 2; p, q = l.split([1, 2]) ;; p.mul_(2)", "split", "multiple|view"),
        ("l = w * 2; p, q = l.chunk(2) ;; q.zero_()", "split|chunk", "multiple|view"),
        ("l = w * 2; p, q, r = l ;; p.add_(1)", "unbind", "multiple|view"),
        ("""l = w * 2
with torch.no_grad(): v = l[1:] ;; v.mul_(w[1:])""", "no_grad", "view"),
        ("v = torch.ones(1).expand(3) ;; v.add_(1)", "single memory location|expand", "clone"),
        ("v = torch.ones(1).expand(3) ;; v[:] = 2.", "single memory location|expand|more than one", "clone"),
        ("v = torch.ones(2, 1).expand(2, 3) ;; v.mul_(2)", "single memory location|expand", "clone"),
        ("v = (w[:1] * 2).expand(3) ;; v.add_(1)", "single memory location|expand", "clone"),
        ("v = torch.ones(1).expand(3) ;; v.copy_(torch.ones(3))", "single memory location|expand", "clone"),
        ("v = torch.ones(4) ;; v[1:] = v[:-1]", "single memory location", "clone"),
        ("v = torch.ones(3, 3) ;; v[1:].copy_(v[:-1])", "single memory location", "clone"),
        ("v = torch.ones(3, 3) ;; v.t().copy_(v)", "single memory location", "clone"),
        ("v = torch.ones(3, 3) ;; v.sub_(v[0])", "single memory location", "clone"),
        ("v = torch.ones(3, 3) ;; v.mul_(v[1, 1])", "single memory location", "clone"),
        ("v = torch.ones(3, 3, requires_grad=True) * 2 ;; v.add_(v.t())", "single memory location", "clone"),
        ("v = torch.arange(4.) ;; v[1:].add_(v[:-1])", "single memory location|overlap", "clone"),
        ("v = torch.arange(4.) ;; torch.add(v[:-1], 1, out=v[1:])", "single memory location|overlap", "clone"),
        ("o = torch.zeros(3) ;; torch.add(w, 1, out=o)", "out", "grad"),
        ("torch.add(torch.ones(3), 1, out=w)", "out", "grad"),
        ("l = w.exp(); l.add_(1) ;; l.sum().backward()", "modified", "version 1", "version 0"),
    ],
    "saved values overwritten": [
        ("l = w.exp(); k = l.sum(); l.mul_(2) ;; l.sum().backward()", "modified", "version 1"),
        ("v = torch.ones(3); l = (w * v).sum(); v.add_(1) ;; l.backward()", "modified", "version 1", "version 0"),
        ("v = torch.ones(3); l = (w * v).sum(); v[0] = 5. ;; l.backward()", "modified", "version 1", "version 0"),
        ("v = torch.ones(6); l = (w * v[:3]).sum(); v[5] = 5. ;; l.backward()", "modified", "version 1", "version 0"),
        ("v = torch.ones(3); u = v.detach(); l = (w * v).sum(); u.zero_() ;; l.backward()", "modified", "version 1"),
        ("l = w.sigmoid(); k = l.sum(); l.zero_(); l.fill_(1.) ;; k.backward()", "modified", "version 2", "version 0"),
        ("""l = (w * w).sum()
with torch.no_grad(): w.sub_(.1) ;; l.backward()""", "modified", "version 1", "version 0"),
        ("v = torch.ones(3, 3); l = (v @ w).sum(); v.t()[0] = 2. ;; l.backward()", "modified", "version 1"),
        ("v = torch.tensor([0, 1]); l = w[v].sum(); v[0] = 2 ;; l.backward()", "modified", "version 1"),
        ("v = torch.ones(3); l = (w * v).sum(); v.add_(1) ;; torch.autograd.grad(l, w)", "modified", "version 1"),
        ("v = torch.ones(3); l = (w * v).sum(); torch.autograd.graph.increment_version(v) ;; l.backward()",
         "modified", "version 1"),
    ],
    "inference mode": [
        ("""with torch.inference_mode(): v = torch.ones(3) ;; v.add_(1)""", "inference"),
        ("""with torch.inference_mode(): v = torch.ones(3) ;; w * v""", "inference", "backward"),
        ("""with torch.inference_mode(): v = torch.ones(3) ;; v.requires_grad_()""", "inference"),
        ("""with torch.inference_mode(): v = torch.ones(3) ;; v._version""", "inference", "version"),
        ("""with torch.inference_mode(): v = w * 2 ;; v.sum().backward()""", "require", "grad"),
        ("torch.set_grad_enabled()", "mode"),
    ],
    "custom functions": [
        (custom("return a * 2", "return g, g") + "l = F.apply(w).sum() ;; l.backward()", "2", "1"),
        (custom("return a * k[0]", "return g") + "l = F.apply(w, 2).sum() ;; l.backward()", "2", "1"),
        (custom("return a * 2", "return 3.") + "l = F.apply(w).sum() ;; l.backward()", "float|Tensor|Variable"),
        (custom("return a * 2", "return g[:2]") + "l = F.apply(w).sum() ;; l.backward()", "2", "3"),
        (custom("return a * k[0]", "return g, g") + "l = F.apply(w, 2).sum() ;; l.backward()",
         "None|Tensor", "position|index|argument"),
        (custom("ctx.save_for_backward(3.); return a * 2") + " ;; F.apply(w)", "save_for_backward", "float|tensor"),
        (custom("ctx.save_for_backward(a); return a * 2", "return g * ctx.saved_tensors[0]")
         + "l = F.apply(w).sum(); l.backward() ;; l.backward()", "second time", "retain_graph"),
        ("""class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a): return a * 2
l = F.apply(w).sum() ;; l.backward()""", "backward", "vjp|implement"),
        ("""class F(torch.autograd.Function):
    @staticmethod
    def backward(ctx, g): return g
 ;; F.apply(w)""", "forward", "implement"),
        (custom("return a * 2") + "F.vjp = F.backward\nl = F.apply(w).sum() ;; l.backward()", "backward", "vjp"),
        (custom("ctx.mark_dirty(3.); return a * 2") + " ;; F.apply(w)", "mark_dirty|dirty", "float|tensor"),
        (custom("ctx.mark_non_differentiable(3.); return a * 2") + " ;; F.apply(w)",
         "non_differentiable", "float|tensor"),
        (custom("ctx.save_for_backward(a); return a * a", "return g * 2 * ctx.saved_tensors[0]")
         + "F.backward = staticmethod(torch.autograd.function.once_differentiable(F.backward))\n"
         + "g, = torch.autograd.grad((F.apply(w) * w).sum(), w, create_graph=True) ;; g.sum().backward()",
         "once_differentiable", "twice"),
        (custom("return a * 2", "return 1 / 0") + "l = F.apply(w).sum() ;; l.backward()", "division"),
        (custom("return a * 2", "raise KeyboardInterrupt('stop')") + "l = (F.apply(w) * w).sum() ;; l.backward()",
         "stop"),
        ("""class F(torch.autograd.Function):
    @staticmethod
    def forward(a): return a * 2
    @staticmethod
    def backward(ctx, g): return g
 ;; F.apply(w)""", "forward"),
        (custom("return a * 2") + " ;; F()(w)", "apply|static"),
        (custom("return a.view(-1)") + "l = F.apply(w * 2) ;; l.add_(1)", "view", "F|Function"),
    ],
    "graph tools": [
        ("torch.autograd.graph.get_gradient_edge(x)", "require", "grad"),
        ("torch.autograd.graph.increment_version(3)", "int|Tensor"),
        ("torch.autograd.graph.register_multi_grad_hook([w], print, mode='foo')", "foo", "any"),
        ("torch.autograd.graph.register_multi_grad_hook([x], print)", "require"),
        ("""with torch.autograd.graph.disable_saved_tensors_hooks('not now'):
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t): pass""", "not now"),
        ("""with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 3):
    l = (w * w).sum() ;; l.backward()""", "int|Tensor"),
        ("""with torch.autograd.graph.saved_tensors_hooks(lambda t: 1 / 0, lambda t: t):
    w * w""", "division"),
        ("""with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 1 / 0):
    l = (w * w).sum() ;; l.backward()""", "division"),
        ("l = w.exp(); l.sum().backward() ;; l.grad_fn._saved_result", "second time|freed|released"),
        ("l = w.exp() ;; l.grad_fn._saved_foo", "_saved_foo"),
        ("l = w * w; l.sum().backward() ;; l.grad_fn._saved_self", "second time|freed|released"),
        ("l = w.exp(); l.add_(1) ;; l.grad_fn.next_functions[0][0]._saved_result", "modified", "version 1"),
        ("""l = (w - w).sqrt().sum() * 0. ;; with torch.autograd.detect_anomaly(): l.backward()""",
         "nan", "SqrtBackward0"),
        ("torch.autograd.Function.apply(w)", "forward|implement"),
        ("torch.autograd.graph.saved_tensors_hooks()", "pack_hook|argument"),
        ("torch.autograd.graph.GradientEdge()", "argument"),
    ],
    "autograd.functional": [
        (F + "F.jacobian(lambda a: a, [w, w])", "list", "tuple of Tensors"),
        (F + "F.jacobian(lambda a: a, (w, 3.))", "index 1", "float"),
        (F + "F.jacobian(lambda a: [a], w)", "list", "outputs"),
        (F + "F.jacobian(lambda a: (a, 3.), w)", "index 1", "float", "outputs"),
        (F + "F.jacobian(lambda a: a, i)", "floating point"),
        (F + "F.jacobian(lambda a: a * a, c)", "complex"),
        (F + "F.jacobian(lambda a: a, w, strategy='sideways')", "sideways|strategy", "reverse-mode", "forward-mode"),
        (F + "F.jacobian(lambda a: a, w, strict=True, vectorize=True)", "strict"),
        (F + "F.jacobian(lambda a: a, w, strict=True, vectorize=True, strategy='forward-mode')", "strict", "forward-mode"),
        (F + "F.hessian(lambda a: a * a, w)", "single element", "3"),
        (F + "F.hessian(lambda a: (a.sum(), a.sum()), w)", "single Tensor", "2"),
        (F + "F.hessian(lambda a: 3., w)", "float", "outputs"),
        (F + "F.hessian(lambda a: a.sum(), [w])", "list"),
        (F + "F.hessian(lambda a: a.sum(), w, outer_jacobian_strategy='sideways')", "sideways|strategy"),
        (F + "F.vjp(lambda a: a * a, w)", "v can only be None", "3"),
        (F + "F.vjp(lambda a: a * a, w, torch.ones(2))", "3", "2"),
        (F + "F.vjp(lambda a: a * a, w, (w, w))", "single Tensor", "2"),
        (F + "F.vjp(lambda a: (a, a), w, w)", "should be 2", "got 1"),
        (F + "F.vjp(lambda a: (a, a), w, (w, y))", "Entry 1", "3", "4"),
        (F + "F.vjp(lambda a: a * a, w, 3.)", "float", "v given to vjp"),
        (F + "F.vjp(lambda a: a.abs(), c, c)", "complex"),
        (F + "F.vjp(lambda a: x, w, x, strict=True)", "Output 0", "strict"),
        (F + "F.jvp(lambda a: a * a, w)", "v can only be None", "3"),
        (F + "F.jvp(lambda a, b: a * b, (w, w), w)", "should be 2", "got 1"),
        (F + "F.jvp(lambda a: a * a, w, [w])", "list", "v given to jvp"),
        (F + "F.jvp(lambda a: 2 * a, w, torch.ones(3), create_graph=True, strict=True)", "jacobian", "independent of input 0"),
        (F + "F.vhp(lambda a: a * a, w, w)", "single element", "3"),
        (F + "F.vhp(lambda a: a.sum(), w, s)", "3"),
        (F + "F.hvp(lambda a: (a, a), w, w)", "single Tensor", "2"),
        (F + "F.hvp(lambda a: a.sum(), w, w, strict=True)", "independent of the input", "twice differentiable"),
    ],
    "memory shared with NumPy": [
        ("a = np.ones(3); a.flags.writeable = False; v = torch.from_numpy(a) ;; v.add_(1)", "read-only", "clone|copy"),
        ("a = np.ones(3); a.flags.writeable = False; v = torch.from_numpy(a) ;; v[0] = 5.", "read-only", "clone|copy"),
        ("a = np.ones(3); a.flags.writeable = False; v = torch.from_numpy(a)[1:] ;; v.zero_()", "read-only"),
        ("a = np.ones(3); a.flags.writeable = False; v = torch.from_numpy(a) ;; torch.exp(v, out=v)", "read-only"),
        ("a = np.ones(3); a.flags.writeable = False; v = torch.as_tensor(a) ;; v.copy_(w.detach())", "read-only"),
        ("a = np.broadcast_to(np.ones(1), 3); v = torch.from_numpy(a) ;; v.fill_(2)", "read-only|single memory"),
        ("a = np.ones(3, dtype=np.float32); v = torch.from_numpy(a); l = (w * v).sum(); a[0] = 5. ;; l.backward()",
         "numpy", "modified|changed"),
        ("v = torch.ones(3); a = v.numpy(); l = (w * v).sum(); a[0] = 5. ;; l.backward()", "numpy", "modified|changed"),
    ],
}
