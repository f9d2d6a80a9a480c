"""The nasty list: generated documents, by family."""

from robustness.nasty import markup, notebooks, python_shape, python_text, shells

FAMILIES = {
    "Python text": python_text.documents,
    "Python shape": python_shape.documents,
    "shells": shells.documents,
    "markup": markup.documents,
    "notebooks": notebooks.documents,
}
