"""Transformers (Vaswani et al. 2017), their encoders and decoders, and the layers of these."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.modes import is_grad_enabled
from ...core.value import new_tensor
from ...core.xla_level import beside
from ...functions.filling import full
from .. import functional as F, init
from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
]  # fmt: skip

Activation = Any
"""A name, or a function of tensors."""


def activation_of(given: Activation) -> Callable[[Any], Any]:
    """``"relu"`` or ``"gelu"`` as a function.

    Raises:
        RuntimeError: another name.
    """
    if not isinstance(given, str):
        return given
    found: Any = {"relu": F.relu, "gelu": F.gelu}.get(given)
    if found is None:
        raise RuntimeError(f"activation should be relu/gelu, not {given}")
    return found


def copies(module: Module, count: int) -> ModuleList:
    """Layers that begin with the same parameters."""
    return ModuleList([copy.deepcopy(module) for _ in range(count)])


class _Layer(Module):
    """What both kinds of layers have: attention to itself, a network of two linear layers, and what is around them.

    Args:
        d_model: the size E of an element.
        nhead: how many heads attention has.
        dim_feedforward: the size between the two linear layers.
        dropout: with which probability a number becomes 0 in training.
        activation: between the two layers: "relu", "gelu" or a function.
        layer_norm_eps: of the normalizations.
        batch_first: whether tensors are (N, L, E) and not (L, N, E).
        norm_first: whether to normalize what goes into each part, and not what comes out.
        bias: whether linear layers and normalizations have biases.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Raises:
        RuntimeError: an unknown activation. AssertionError: the heads do not divide E.
    """

    attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        super().__init__()
        for name in self.attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **made))
        self.linear1 = Linear(d_model, dim_feedforward, bias, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **made)
        self.norm_first = norm_first
        parts = range(1, len(self.attentions) + 2)
        for number in parts:
            setattr(self, f"norm{number}", LayerNorm(d_model, layer_norm_eps, bias=bias, **made))
        for number in parts:
            setattr(self, f"dropout{number}", Dropout(dropout))
        self.activation = activation_of(activation)

    def _through(self, x: Tensor, parts: list[Callable[[Any], Any]]) -> Tensor:
        """Each part adds to ``x``, which is normalized before or after it."""
        for number, part in enumerate(parts, 1):
            norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
            x = x + dropout(part(norm(x))) if self.norm_first else norm(x + dropout(part(x)))
        return x

    def _feed(self, x: Tensor) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


_get_activation_fn = activation_of  # PyTorch's name


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then two linear layers; each adds to its input, and is normalized.

    >>> import chainrule as torch
    >>> torch.nn.TransformerEncoderLayer(4, 2, 8)(torch.ones(3, 5, 4)).shape
    torch.Size([3, 5, 4])
    """

    __doc__ = f"{__doc__}\n{_Layer.__doc__.split(chr(10), 2)[2]}"  # type: ignore[union-attr]
    attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The sequence after the layer.

        Args:
            src: (L, N, E), (N, L, E) with ``batch_first``, or (L, E).
            src_mask: (L, L) or (N * nhead, L, L): True where an element may not attend to another, or numbers to add.
            src_key_padding_mask: (N, L): True for elements that nobody may attend to, or numbers to add.
            is_causal: a hint that ``src_mask`` is the causal one.
        """

        def attend(x: Any) -> Any:
            return self.self_attn(
                x,
                x,
                x,
                attn_mask=src_mask,
                key_padding_mask=src_key_padding_mask,
                need_weights=False,
                is_causal=is_causal,
            )[0]

        return self._through(src, [attend, self._feed])


class TransformerDecoderLayer(_Layer):
    """Attention of a sequence to itself, attention to another one, then two linear layers.

    >>> import chainrule as torch
    >>> torch.nn.TransformerDecoderLayer(4, 2, 8)(torch.ones(3, 5, 4), torch.ones(2, 5, 4)).shape
    torch.Size([3, 5, 4])
    """

    __doc__ = f"{__doc__}\n{_Layer.__doc__.split(chr(10), 2)[2]}"  # type: ignore[union-attr]
    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence after the layer.

        Args:
            tgt: the sequence: (L, N, E), (N, L, E) with ``batch_first``, or (L, E).
            memory: the other one, of length S.
            tgt_mask: (L, L): True where an element may not attend to another, or numbers to add.
            memory_mask: (L, S): the same for the other sequence.
            tgt_key_padding_mask: (N, L): True for elements that nobody may attend to, or numbers to add.
            memory_key_padding_mask: (N, S): the same for the other sequence.
            tgt_is_causal: a hint that ``tgt_mask`` is the causal one.
            memory_is_causal: the same of ``memory_mask``.
        """

        def attend(x: Any) -> Any:
            return self.self_attn(
                x,
                x,
                x,
                attn_mask=tgt_mask,
                key_padding_mask=tgt_key_padding_mask,
                need_weights=False,
                is_causal=tgt_is_causal,
            )[0]

        def attend_to_memory(x: Any) -> Any:
            return self.multihead_attn(
                x, memory, memory, attn_mask=memory_mask, key_padding_mask=memory_key_padding_mask, need_weights=False,
                is_causal=memory_is_causal,
            )[0]  # fmt: skip

        return self._through(tgt, [attend, attend_to_memory, self._feed])


class TransformerEncoder(Module):
    """Layers one after the other, copies of one, which begin with the same parameters.

    Args:
        encoder_layer: what is copied.
        num_layers: how often.
        norm: what comes after the last.
        enable_nested_tensor: whether, without gradients and with a padding mask, the padded places of the result are 0.
        mask_check: accepted: masks are checked in any case.

    >>> import chainrule as torch
    >>> layer = torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    >>> torch.nn.TransformerEncoder(layer, 2)(torch.ones(3, 5, 4)).shape
    torch.Size([3, 5, 4])
    """

    def __init__(
        self,
        encoder_layer: Any,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        why_not = self._always_computes_padding(encoder_layer)
        if enable_nested_tensor and why_not:
            warnings.warn(
                f"enable_nested_tensor is True, but self.use_nested_tensor is False because {why_not}", stacklevel=2
            )
        self.use_nested_tensor = enable_nested_tensor and not why_not
        self.mask_check = mask_check

    @staticmethod
    def _always_computes_padding(layer: Any) -> str:
        """Why layers like this one cannot leave the padding out, in PyTorch; "" if they can."""
        if not isinstance(layer, TransformerEncoderLayer):
            return "encoder_layer was not TransformerEncoderLayer"
        if layer.norm_first:
            return "encoder_layer.norm_first was True"
        attention = layer.self_attn
        if not attention.batch_first:
            return "encoder_layer.self_attn.batch_first was not True(use batch_first for better inference performance)"
        if attention.in_proj_bias is None:
            return "encoder_layer.self_attn was passed bias=False"
        if layer.activation not in (F.relu, F.gelu):
            return "encoder_layer.activation_relu_or_gelu was not True"
        return "encoder_layer.self_attn.num_heads is odd" if attention.num_heads % 2 else ""

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """The sequence after all layers; arguments as of the layer."""
        output: Tensor = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=bool(is_causal), src_key_padding_mask=src_key_padding_mask)
        if src_key_padding_mask is not None and mask is None and self._skips_padding(src, src_key_padding_mask):
            output = output.masked_fill(src_key_padding_mask.unsqueeze(-1), 0.0)
        return output if self.norm is None else self.norm(output)

    def _skips_padding(self, src: Tensor, padding: Tensor) -> bool:
        """Whether PyTorch computes without the padding, which it then fills with zeros."""
        if not self.use_nested_tensor or self.training or src.ndim != 3 or padding._array.dtype.kind != "b":
            return False
        if is_grad_enabled() and any(t.requires_grad for t in (src, *self.layers[0].parameters())):
            return False
        return not bool((padding[:, :-1] & ~padding[:, 1:]).any())  # padding is at the end


class TransformerDecoder(Module):
    """Layers one after the other, copies of one, which begin with the same parameters.

    Args:
        decoder_layer: what is copied.
        num_layers: how often.
        norm: what comes after the last.

    >>> import chainrule as torch
    >>> layer = torch.nn.TransformerDecoderLayer(4, 2, 8)
    >>> torch.nn.TransformerDecoder(layer, 2)(torch.ones(3, 5, 4), torch.ones(2, 5, 4)).shape
    torch.Size([3, 5, 4])
    """

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence after all layers; arguments as of the layer."""
        output: Tensor = tgt
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """An encoder of one sequence, and a decoder of another that attends to what the encoder made.

    Args:
        d_model: the size E of an element.
        nhead: how many heads attention has.
        num_encoder_layers: how many layers encode.
        num_decoder_layers: how many layers decode.
        dim_feedforward: the size between the two linear layers of each.
        dropout: with which probability a number becomes 0 in training.
        activation: "relu", "gelu" or a function.
        custom_encoder: another encoder.
        custom_decoder: another decoder.
        layer_norm_eps: of the normalizations.
        batch_first: whether tensors are (N, L, E) and not (L, N, E).
        norm_first: whether to normalize what goes into each part, and not what comes out.
        bias: whether linear layers and normalizations have biases.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    >>> import chainrule as torch
    >>> net = torch.nn.Transformer(4, 2, 1, 1, 8, batch_first=True)
    >>> net(torch.ones(5, 3, 4), torch.ones(5, 2, 4)).shape
    torch.Size([5, 2, 4])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        super().__init__()
        settings = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
        )  # fmt: skip
        if custom_encoder is None:
            encoding = TransformerEncoderLayer(*settings, **made)
            custom_encoder = TransformerEncoder(
                encoding, num_encoder_layers, LayerNorm(d_model, layer_norm_eps, bias=bias, **made)
            )
        self.encoder = custom_encoder
        if custom_decoder is None:
            decoding = TransformerDecoderLayer(*settings, **made)
            custom_decoder = TransformerDecoder(
                decoding, num_decoder_layers, LayerNorm(d_model, layer_norm_eps, bias=bias, **made)
            )
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """What the decoder makes of ``tgt``.

        Args:
            src: (S, N, E), (N, S, E) with ``batch_first``, or (S, E).
            tgt: the same with L.
            src_mask: (S, S): True where an element may not attend to another, or numbers to add.
            tgt_mask: (L, L).
            memory_mask: (L, S).
            src_key_padding_mask: (N, S): True for elements that nobody may attend to, or numbers to add.
            tgt_key_padding_mask: (N, L).
            memory_key_padding_mask: (N, S).
            src_is_causal: a hint that ``src_mask`` is the causal one.
            tgt_is_causal: the same of ``tgt_mask``.
            memory_is_causal: the same of ``memory_mask``.

        Raises:
            RuntimeError: sizes of batch or elements that do not fit.
        """
        if src.ndim == 3 and src.shape[not self.batch_first] != tgt.shape[not self.batch_first]:
            raise RuntimeError(
                f"the batch number of src and tgt must be equal: their shapes are {list(src.shape)} and {list(tgt.shape)}"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError(
                f"the feature number of src and tgt must be equal to d_model: it is {src.shape[-1]} and {tgt.shape[-1]}, d_model is "
                f"{self.d_model}"
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        decoded: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return decoded

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask: -inf where an element would see a later one, else 0.

        >>> import chainrule as torch
        >>> torch.nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        seen = full((sz, sz), 0.0, device=device, dtype=dtype)
        return seen.masked_fill(beside(new_tensor(~np.tri(sz, dtype=bool)), seen), float("-inf"))
