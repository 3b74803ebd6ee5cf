"""The command `finesse-chaos`: one file a sub-command, each thin; heavy parts are imported when one is called."""
