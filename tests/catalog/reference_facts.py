# ruff: noqa: FBT003 - the rows of a table
"""What the reference's pages say of its 23 models, copied by hand: the tests compare the data files with it."""

from msgspec import Struct

Range = tuple[int, int]


class Facts(Struct, frozen=True):
    """One row. None: the reference does not say."""

    id: str
    endpoint: str
    maker: str | None
    node: int | None
    suffix: str | None
    base: int
    range: Range | None
    seconds: Range | None
    webhook: bool | None


SILENT = {
    "inputs": {"wan-2-6"},
    "capabilities": {"wan-2-6", "bg-remover"},
    "use_cases": {
        *("kling-image-o1", "ideogram-v4", "seedream-4-5", "seedance-1-5-pro", "wan-2-6", "kling-3", "suno"),
        *("elevenlabs-v3", "bg-remover", "face-swap"),
    },
    "example": {"wan-2-6"},
}
"""Where the reference lists nothing, by model."""
MODELS = (
    Facts("cogview-4", "images", "Zhipu AI / WaveSpeed", 48, "cv4", 4, (4, 4), (3, 8), False),
    Facts("flux-2", "images", "Black Forest Labs", 41, "flux2", 5, (5, 24), (3, 8), True),
    Facts("grok-imagine", "images", "xAI", 31, "grok", 5, (5, 12), (3, 10), True),
    Facts("kling-image-o1", "images", "Kuaishou / WaveSpeed", 49, "kio1", 6, (6, 16), (5, 15), False),
    Facts("ideogram-v3", "images", "Ideogram", 63, "ideogram", 8, (8, 20), (3, 8), False),
    Facts("imagen-4", "images", "Google", 47, "imagen4", 8, (4, 12), (3, 8), True),
    Facts("gpt-image-1.5-official", "images", "OpenAI", 42, "gptimg", 10, (10, 28), (3, 10), True),
    Facts("recraft-v4", "images", "Recraft", 78, "recraft", 10, (10, 70), (3, 8), False),
    Facts("ideogram-v4", "images", "Ideogram", 63, None, 12, (12, 12), (3, 12), False),
    Facts("seedream-4-5", "images", "ByteDance", 30, None, 12, (12, 12), (3, 10), True),
    Facts("hunyuan-image-3", "images", "Tencent / WaveSpeed", 68, "hunyuan3", 25, (25, 25), (5, 15), False),
    Facts("grok-video", "videos", "xAI", 31, "grokvid", 24, (24, 24), (30, 60), True),
    Facts("seedance-1-5-pro", "videos", "ByteDance", 38, "seedance", 28, (8, 84), (60, 120), True),
    Facts("hailuo-2-3", "videos", "MiniMax", 51, None, 30, (30, 85), None, True),
    Facts("wan-2-6", "videos", None, None, None, 80, None, None, None),
    Facts("kling-3", "videos", "Kuaishou", 75, None, 300, (120, 1200), (60, 180), True),
    Facts("suno", "music", "Suno AI", None, None, 10, (5, 12), (30, 90), True),
    Facts("minimax-music", "music", "MiniMax", 74, "minimax", 30, (30, 30), (30, 90), False),
    Facts("elevenlabs-v3", "speech", "ElevenLabs", 58, "tts", 1, None, (3, 10), True),
    Facts("gemini", "chat", "Google", None, None, 5, None, (1, 5), False),
    Facts("bg-remover", "remove-bg", None, None, None, 1, (1, 1), None, False),
    Facts("face-swap", "face-swap", "WaveSpeed", 33, "faceswap", 4, (4, 4), (3, 8), False),
    Facts("image-upscale", "upscale", None, 32, None, 1, (1, 1), None, True),
)
