"""What runs the shop on a machine; never imported by the shop itself."""
