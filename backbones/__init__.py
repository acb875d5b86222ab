"""From a name to a model: timm architectures, where their weights come from, how they are run."""
