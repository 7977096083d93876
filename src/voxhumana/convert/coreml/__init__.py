"""The native model for Core ML: its ONNX weights, its network in torch, an ML program, a check."""
