"""A random XTTS of coqui-tts' own classes, as small as they allow: it hums and hisses, on the real path."""

from pathlib import Path

WORDS = "hello there this is a tiny vocabulary of lower case letters abcdefghijklmnopqrstuvwxyz ,.!?"
SPECIAL = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]"]
WIDTH = 16


def write(folder: Path, *, speakers: bool = False) -> None:
    """Write what the released model has: config.json, model.pth, vocab.json, maybe speakers_xtts.pth."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    torch.manual_seed(0)
    vocabulary = str(folder / "vocab.json")
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator([WORDS], trainers.BpeTrainer(vocab_size=200, special_tokens=SPECIAL))
    tokenizer.save(vocabulary)
    config = XttsConfig(
        model_args=XttsArgs(
            gpt_layers=1,
            gpt_n_model_channels=WIDTH,
            gpt_n_heads=2,
            gpt_max_audio_tokens=30,
            gpt_max_text_tokens=80,
            gpt_max_prompt_tokens=20,
            decoder_input_dim=WIDTH,
        )
    )
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(vocab_file=vocabulary)
    model.init_models()
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))
    if speakers:
        heard = {"gpt_cond_latent": torch.zeros(1, 32, WIDTH), "speaker_embedding": torch.zeros(1, 512, 1)}
        torch.save({"Claribel Dervla": heard}, folder / "speakers_xtts.pth")
