"""How a run meets the images of other sites: each module is one way. None of them is given a label of these."""
