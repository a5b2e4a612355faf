"""How far people agree: pure measures over columns of grades, without Django."""
