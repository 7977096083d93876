"""RVC voices, v1 and v2: their files, their network, and a stream that goes on where they start anew."""
