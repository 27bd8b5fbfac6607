"""Write the manuscript as LaTeX and, over the same leaves, as the logical structure of the PDF."""
