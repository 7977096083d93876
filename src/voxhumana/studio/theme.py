"""Gradio's look in our colours: walnut, ivory and brass; `static/studio.css` has the same palette by name."""

from __future__ import annotations

from gradio.themes import Base
from gradio.themes.utils import colors, sizes

BRASS = colors.Color(
    name="brass",
    c50="#fbf6ea",
    c100="#f5eacd",
    c200="#ead59e",
    c300="#deba69",
    c400="#d3a344",
    c500="#b98730",
    c600="#946723",
    c700="#76501d",
    c800="#5d3f19",
    c900="#483114",
    c950="#2b1d0b",
)
WALNUT = colors.Color(
    name="walnut",
    c50="#fbf8f2",
    c100="#f4eee3",
    c200="#e6dccb",
    c300="#d2c3ac",
    c400="#a99781",
    c500="#7d6c5a",
    c600="#5e4f41",
    c700="#45392f",
    c800="#2d2520",
    c900="#1f1916",
    c950="#15110f",
)
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> Base:
    """The theme; fonts are the system's own, so nothing is fetched."""
    return Base(
        primary_hue=BRASS,
        secondary_hue=BRASS,
        neutral_hue=WALNUT,
        radius_size=sizes.radius_lg,
        font=list(SANS),
        font_mono=list(MONO),
    ).set(
        body_background_fill="*neutral_100",
        body_background_fill_dark="*neutral_950",
        body_text_color="#2a201a",
        body_text_color_dark="#efe6d8",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="#fffdf9",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="#3b312a",
        block_background_fill="#fffdf9",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_400",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_300",
        block_shadow="none",
        input_border_width="1px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#15110f",
        input_border_color="*neutral_300",
        input_border_color_dark="#4a3e35",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_400",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_300",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#1b1410",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_text_color="#2a201a",
        button_secondary_text_color_dark="#efe6d8",
        button_border_width="1px",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="#4a3e35",
        checkbox_border_color_dark="*neutral_400",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        color_accent="*primary_600",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*neutral_800",
    )
