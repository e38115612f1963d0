"""Colab's front end: it is not there, so nothing is to be turned on."""


def enable_custom_widget_manager():
    """Colab shows widgets of other makers after this call."""


def clear(wait=False, output_tags=()):
    """Clear what the cell has shown."""
    from IPython.display import clear_output

    clear_output(wait)
