"""How money comes in: packs, orders and the methods that pay them; refunds, disputes, top-ups, alerts, documents."""
