"""What runs inside the containers; standard library only, copied in, never imported by the controller."""
