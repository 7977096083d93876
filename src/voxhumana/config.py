"""Settings: one frozen object, from weak to strong: defaults, `config.yaml`, its `.env`, `VOX_*`, flags.

This is the only file that reads the environment or YAML settings. Unknown keys are refused with the
nearest known name; in the environment, which belongs to all programs, they are only said.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs
import yaml
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from voxhumana.errors import UsageError

APP = "voxhumana"
SECRETS = ".env"
"""Beside `config.yaml`: `VOX_LLM_KEY=...` and the like, which belong in no file that people show around."""
JSON = {"hotkeys": '{"mute": "<f9>"}'}
JSON_LIST = '["vox.home"]'
"""What a setting that holds several looks like in the environment."""

PREFIX = "VOX_"
NEAR = 0.6
"""So alike a name is taken for a slip; the default of `difflib.get_close_matches`."""
OF_TESTS = {"VOX_REQUIRE_REAL", "VOX_SOAK_MINUTES"}
"""What our tests are told, and hand on to the programs they start."""

Hotkey = Literal[
    "mute", "push_to_talk", "bypass",
    "voice_1", "voice_2", "voice_3", "voice_4", "voice_5", "voice_6", "voice_7", "voice_8", "voice_9",
]  # fmt: skip
HOTKEYS = {
    "mute": "<ctrl>+<alt>+m",
    "push_to_talk": "<ctrl>+<alt>+<space>",
    "bypass": "<ctrl>+<alt>+b",
} | {hotkey: f"<ctrl>+<alt>+{hotkey[-1]}" for hotkey in get_args(Hotkey) if hotkey.startswith("voice_")}
"""Chords that Discord, OBS and common desktops leave free."""


class Settings(BaseSettings):
    """Everything that may be set; nothing must be."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    input: str = "default"
    """Input device: name, index, `default` or `file:PATH`."""
    output: str = "virtual"
    """Output device: name, index, `default`, `virtual` or `file:PATH`."""
    speakers: str = "default"
    """Where `vox talk` speaks: name, index, `default` or `file:PATH`."""
    echo: bool = True
    """Echo cancellation in `vox talk`; off = headphones."""
    memory: bool = True
    """Whether conversations of `vox talk` are kept, and facts remembered, in the data folder."""
    speculation: bool = True
    """Replies are prepared while the user still speaks; off spares the processor, and costs half a second."""
    ending: Literal["model", "words"] = "model"
    """What judges whether the user has said all: the language model, where it can, or the words alone."""
    memory_mb: int | None = Field(default=None, ge=256, le=1_000_000)
    """Most resident memory of a conversation, MB; the embedded model then takes less, or is refused."""
    openings: bool = True
    """Whether a reply that is late begins with "Well," or the like, spoken ahead."""
    monitor: str | None = None
    """Second output, to hear oneself; None = off."""
    voice: str = "uncle"
    """Voice that speaks when none is named."""
    engine: str | None = None
    """Conversion engine; None = the voice's preferred one."""
    pitch_semitones: float = Field(default=0.0, ge=-24, le=24)
    """On top of the voice's own pitch."""
    frames: int = Field(default=256, ge=32, le=4096)
    """Device block, samples at its rate. 256 ran 62 s without a dropout over PipeWire, 128 had one."""
    gate_db: float = Field(default=-55.0, ge=-120, le=0)
    """Below this level (dBFS) the gate closes; -120 = off."""
    denoise: bool = True
    """WebRTC noise suppression before the converter, 7 ms."""
    stt: str = "whisper"
    """Speech recogniser, ENGINE[:MODEL]."""
    tts: str = "hibari"
    """Speech engine, ENGINE[:MODEL]."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where engines that need torch run; auto = CUDA where there is one, else the CPU."""
    provider: Literal["cpu", "coreml", "cuda", "directml"] = "cpu"
    """What runs ONNX models; where this onnxruntime has it not, the CPU does, and that is said."""
    llm: str = "llama"
    """Language engine, ENGINE[:MODEL[@URL]]: llama, ollama, openai."""
    llm_key: str = ""
    """Bearer token for a language server that asks for one."""
    llm_threads: int = Field(default=2, ge=1, le=64)
    """CPU threads of the embedded language model; 1 is faster beside a live voice."""
    llm_seats: int = Field(default=1, ge=1, le=64)
    """Conversations that the embedded model answers side by side; a server takes `serve_talks`."""
    speech_threads: int = Field(default=2, ge=1, le=64)
    """CPU threads of speech synthesis (Kokoro)."""
    hearing_threads: int = Field(default=1, ge=1, le=64)
    """CPU threads of speech recognition (Whisper) in a conversation."""
    history_chars: int = Field(default=3_000, ge=500, le=6_000)
    """Characters of a conversation the language model reads again, some 40 short turns; of more, the older
    half is forgotten. Each 1,000 make every word of the embedded model 4 % slower (83 ms a token without any,
    103 with 6,000); it has no room for more than 6,000."""
    reply_tokens: int = Field(default=160, ge=1, le=4096)
    """Longest reply, in tokens; a minute of speech."""
    hotkeys: dict[Hotkey, str] = Field(default_factory=lambda: dict(HOTKEYS))
    """Action -> keys pressed together, as pynput writes them; an action that is not named has none."""
    serve_host: str = "127.0.0.1"
    """Address that `vox serve` listens on; only loopback goes without a token."""
    serve_port: int = Field(default=7861, ge=0, le=65_535)
    """Its port; 0 = any free one."""
    serve_hosts: list[str] = Field(default_factory=list)
    """Names by which the server may be asked, besides localhost and bare addresses."""
    serve_origins: list[str] = Field(default_factory=list)
    """Origins whose pages may use it, besides its own: `https://example.org`."""
    serve_cert: Path | None = None
    """TLS certificate, PEM; None = plain HTTP."""
    serve_key: Path | None = None
    """Its private key, PEM."""
    serve_auth: Literal["remote", "always"] = "remote"
    """Who needs a token: all but this machine, or everybody."""
    serve_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    """Requests a minute from one address, of those that need a token."""
    serve_body_mb: float = Field(default=25.0, gt=0, le=10_000)
    """Longest body of a request; OpenAI's own limit for files."""
    serve_log_words: bool = False
    """Whether the server's log holds what was said in conversations; sound it never holds."""
    serve_converts: int = Field(default=16, ge=0, le=1_000)
    """Live conversions at once."""
    serve_talks: int = Field(default=4, ge=0, le=1_000)
    """Realtime conversations at once."""
    serve_idle_s: float = Field(default=60.0, ge=1, le=86_400)
    """A session that sends nothing for so long is ended."""
    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path(APP))
    """Voices and models people add."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over the environment over secrets (and, weakest, the file: see `load`)."""
        secrets = DotEnvSettingsSource(settings_cls, env_file=config_path().with_name(SECRETS))
        return init_settings, env_settings, secrets


def config_path() -> Path:
    """Where `config.yaml` is looked for: the platform's own place."""
    return platformdirs.user_config_path(APP) / "config.yaml"


def load(path: Path | None = None, **flags: Any) -> Settings:  # noqa: ANN401  # flags are as varied as Settings
    """Read the file, lay environment and flags over it.

    Args:
        path: Another file than `config_path()`; it must exist.
        flags: Settings by name; None means not given.

    Raises:
        UsageError: A file that is not YAML, an unknown key, or a value out of range.
    """
    chosen = path or config_path()
    from_file = _read(chosen) if path or chosen.exists() else {}
    given = {k: v for k, v in flags.items() if v is not None}
    try:
        strong = Settings(**given)  # flags over environment over defaults
        weak = Settings.model_validate(from_file | strong.model_dump(exclude_unset=True))
    except ValidationError as error:
        raise UsageError(_sentence(error, chosen)) from error
    except SettingsError as error:  # a list or a mapping in the environment that is no JSON
        name = next((n for n in Settings.model_fields if f'"{n}"' in str(error)), "")
        raise UsageError(
            f"VOX_{name.upper()} cannot be read; write it as JSON, such as {JSON.get(name, JSON_LIST)}."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        secrets = chosen.with_name(SECRETS)
        raise UsageError(f"The file {secrets} cannot be read ({error}); mend or remove it.") from error
    return weak


def strays() -> list[str]:
    """A sentence on each variable of the environment that looks like a setting and is none."""
    told = []
    for name in sorted(os.environ.keys() - OF_TESTS):
        setting = name.lower().removeprefix(PREFIX.lower())
        if setting == name.lower() or setting in Settings.model_fields:
            continue
        near = _nearest(setting) or _nearest(*setting.split("_"))
        hint = f"did you mean {PREFIX}{near.upper()}?" if near else "unset it if it was meant for vox."
        told.append(f"The environment's {name} is no setting and is ignored; {hint}")
    return told


def _nearest(*words: str) -> str:
    """The setting that is most like one of the words; "" = none is like any."""
    found = [
        (difflib.SequenceMatcher(None, word, known).ratio(), known)
        for word in words
        for known in Settings.model_fields
    ]
    alike, near = max(found)
    return near if alike >= NEAR else ""


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise UsageError(f"The settings file {path} cannot be read ({why}); mend or remove it.") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"The settings file {path} must hold 'name: value' lines; mend or remove it.")
    return {str(k): v for k, v in data.items()}


def _sentence(error: ValidationError, path: Path) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        if name.startswith("vox_"):
            path = path.with_name(SECRETS)
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are: {', '.join(Settings.model_fields)}."
        return f"There is no setting '{name}' (in {path}); {hint}"
    if first["type"] == "path_type":
        return f"The setting '{name}' cannot be {first['input']!r}: it must be a path, in quotes."
    return f"The setting '{name}' cannot be {first['input']!r}: {first['msg'].lower()}."
