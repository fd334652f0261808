"""How an installation is put together: settings, addresses, doors for servers."""
