"""Those who use the product: agents at work, by REST and events, desktops in browsers, the administrator."""
