"""What of a model's `config.json` decides its memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunesmith.named_tuple import NamedTuple


class Linear(NamedTuple):
    """A linear layer of the decoder.

    Attributes:
        name: as adapters name it.
        inputs, outputs: its two dimensions.
        has_bias: whether it has one.
    """

    name: str
    inputs: int
    outputs: int
    has_bias: bool = False

    @property
    def weights(self) -> int:
        return self.inputs * self.outputs


class ModelShape(NamedTuple):
    """Dimensions of a decoder-only language model.

    Attributes:
        family: transformers' `model_type` of the language model.
        hidden: numbers per token between layers.
        layers: decoder layers.
        heads, kv_heads, head_dim: of attention.
        intermediate: width of the MLP.
        vocabulary: words.
        is_tied: whether the output layer is the embedding.
        experts: experts a layer; 0 for dense models.
        chosen_experts: experts that a token goes through.
        expert_intermediate: width of each expert.
        window: tokens that a sliding layer sees; 0 where all layers see everything.
        sliding_layers: how many do.
        has_attention_bias: of q, k and v.
        softcap: what logits are bent to stay under.
        vision: parameters of a vision tower and its projector, which loading brings along.
        vision_linears: those of them in linear layers, which quantization sees.
    """

    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    is_tied: bool = False
    experts: int = 0
    chosen_experts: int = 0
    expert_intermediate: int = 0
    window: int = 0
    sliding_layers: int = 0
    has_attention_bias: bool = False
    softcap: float | None = None
    vision: int = 0
    vision_linears: int = 0

    @property
    def is_gemma(self) -> bool:
        """Norms before and after each part, with weights in float32."""
        return self.family.startswith(("gemma2", "gemma3"))

    @property
    def bends_scores(self) -> bool:
        """Whether attention's scores are bent to stay under a number, as logits are."""
        return self.family == "gemma2"

    @property
    def has_head_norms(self) -> bool:
        """Norms of each query and key."""
        return self.family.startswith(("gemma3", "qwen3"))

    @property
    def is_fused(self) -> bool:
        """Query, key and value in one layer, gate and up in another."""
        return self.family == "phi3"

    def attention(self) -> tuple[Linear, ...]:
        """The linear layers of attention in the order of their use."""
        query, key = self.heads * self.head_dim, self.kv_heads * self.head_dim
        bias = self.has_attention_bias
        output = Linear("o_proj", query, self.hidden)
        if self.is_fused:
            return Linear("qkv_proj", self.hidden, query + 2 * key), output
        return (
            Linear("q_proj", self.hidden, query, bias),
            Linear("k_proj", self.hidden, key, bias),
            Linear("v_proj", self.hidden, key, bias),
            output,
        )

    def mlp(self) -> tuple[Linear, ...]:
        """The linear layers of the MLP; none where it is made of experts."""
        if self.experts:
            return ()
        down = Linear("down_proj", self.intermediate, self.hidden)
        if self.is_fused:
            return Linear("gate_up_proj", self.hidden, 2 * self.intermediate), down
        return (
            Linear("gate_proj", self.hidden, self.intermediate),
            Linear("up_proj", self.hidden, self.intermediate),
            down,
        )

    def linears(self) -> tuple[Linear, ...]:
        """All linear layers of one decoder layer that quantization and adapters see."""
        return self.attention() + self.mlp()

    @property
    def norms(self) -> int:
        """Weights of the norms of one decoder layer."""
        return self.hidden * (4 if self.is_gemma else 2) + (
            2 * self.head_dim if self.has_head_norms else 0
        )

    @property
    def expert_weights(self) -> int:
        """Weights of the experts and of the router of one layer."""
        return self.experts * 3 * self.hidden * self.expert_intermediate + self.router_weights

    @property
    def router_weights(self) -> int:
        return self.experts * self.hidden

    @property
    def embedding(self) -> int:
        """Weights of the embedding, or of the output layer."""
        return self.vocabulary * self.hidden

    @property
    def linear_weights(self) -> int:
        """Weights of all linear layers of the decoder, experts not counted."""
        return self.layers * sum(each.weights for each in self.linears())

    @property
    def biases(self) -> int:
        return self.layers * sum(each.outputs for each in self.linears() if each.has_bias)

    @property
    def other_weights(self) -> int:
        """Weights that are never quantized: embeddings, norms, biases, experts, vision."""
        embeddings = self.embedding * (1 if self.is_tied else 2)
        layers = self.layers * (self.norms + self.expert_weights)
        return embeddings + layers + self.biases + self.hidden + self.vision

    @property
    def parameters(self) -> int:
        """All weights, counted once where they are shared."""
        return self.linear_weights + self.other_weights


def shape_of(config: Mapping[str, Any]) -> ModelShape:
    """The dimensions that a `config.json` states.

    Args:
        config: its content; a multimodal model's language model is in `text_config`.

    Raises:
        KeyError: a field is missing; its name is the argument.
    """
    text: Mapping[str, Any] = config.get("text_config") or config
    heads, hidden = int(text["num_attention_heads"]), int(text["hidden_size"])
    layers = int(text["num_hidden_layers"])
    family = str(text.get("model_type", ""))
    experts = int(text.get("num_experts") or text.get("num_local_experts") or 0)
    window, sliding = _sliding(family, text, layers)
    vision, vision_linears = _vision(config.get("vision_config"), hidden)
    return ModelShape(
        family=family,
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=int(text.get("num_key_value_heads") or heads),
        head_dim=int(text.get("head_dim") or hidden // heads),
        intermediate=int(text["intermediate_size"]),
        vocabulary=int(text["vocab_size"]),
        is_tied=bool(text.get("tie_word_embeddings", family.startswith("gemma"))),
        experts=experts,
        chosen_experts=int(text.get("num_experts_per_tok") or 0) if experts else 0,
        expert_intermediate=int(text.get("moe_intermediate_size") or text["intermediate_size"])
        if experts
        else 0,
        window=window,
        sliding_layers=sliding,
        has_attention_bias=bool(text.get("attention_bias", family == "qwen2")),
        softcap=text.get("final_logit_softcapping"),
        vision=vision,
        vision_linears=vision_linears,
    )


def _sliding(family: str, text: Mapping[str, Any], layers: int) -> tuple[int, int]:
    window = int(text.get("sliding_window") or 0)
    if not window or (family.startswith("qwen") and not text.get("use_sliding_window")):
        return 0, 0
    if kinds := text.get("layer_types"):
        return window, sum(kind == "sliding_attention" for kind in kinds)
    if family.startswith("gemma3"):
        # every sixth layer sees everything
        return window, layers - layers // int(text.get("sliding_window_pattern") or 6)
    return window, -(-layers // 2) if family == "gemma2" else layers


def _vision(vision: Mapping[str, Any] | None, hidden: int) -> tuple[int, int]:
    """Parameters of a ViT such as SigLIP with the matrix that leads into the language model.

    Returns:
        All of them, and those in linear layers.
    """
    if not vision:
        return 0, 0
    width, inner = int(vision["hidden_size"]), int(vision["intermediate_size"])
    layers, patch = int(vision["num_hidden_layers"]), int(vision.get("patch_size") or 14)
    patches = (int(vision.get("image_size") or 896) // patch) ** 2
    linears = layers * (4 * width * width + 2 * width * inner)
    biases_and_norms = layers * (4 * width + inner + width + 4 * width)
    embeddings = 3 * patch * patch * width + width + patches * width
    return linears + biases_and_norms + embeddings + 3 * width + width * hidden, linears
