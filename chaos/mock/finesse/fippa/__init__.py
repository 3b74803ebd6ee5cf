"""The Finesse IP Phone Agent of one node: pages for IP phones, and what it does when its server is lost."""
