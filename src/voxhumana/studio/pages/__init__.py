"""One file a page of Gradio's."""
