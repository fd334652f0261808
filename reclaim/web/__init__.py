"""The site: pages translate, they never decide."""
