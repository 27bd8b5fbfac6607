"""Check the finished PDF from outside: the last gate before a book is published."""
