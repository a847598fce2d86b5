# Sentences of the command line. Both languages have the same ids and arguments.
