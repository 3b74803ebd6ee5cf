"""`python -m chaos` is the command `finesse-chaos`."""

from chaos.commands.main import main

if __name__ == "__main__":
    main()
