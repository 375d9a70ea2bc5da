"""Reading and cleaning external text: characters, spellings, files and folders."""
