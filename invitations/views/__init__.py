"""Pages: the class workspace, selections, replies, and what an employee sees of it all."""
