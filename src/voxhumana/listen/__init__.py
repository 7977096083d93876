"""Voice activity, utterances and speech recognition, one file each; `registry` names the engines."""
