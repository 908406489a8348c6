"""What mining a whole archive costs and withstands: `shruti mine` on archives made for it."""
