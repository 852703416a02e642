"""Our bank's lines as what they are to subscriptions: transfers that pay orders, refunds that left or came back."""
