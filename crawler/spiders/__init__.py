"""When and with which arguments: a spider a family of endpoints."""
