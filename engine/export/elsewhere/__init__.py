"""Programs that run in another Python than danlu's, one with libraries danlu cannot have beside its
own. They are started by path and import nothing of danlu's."""
