/** A kind of machine that a host can be: how services are controlled there, its log is read, and scripts run on their own. */
export interface Machine {
  /** Functions of sh(1) for every script on it; systemd.sh says which. */
  readonly shell: string;
  /**
   * The command line of a shell that goes on when the connection breaks; it reads its script from standard input. There is one
   * at a time: a second one does not start.
   */
  readonly detachedShell: string;
  /** Whether this is what the command line says where there is one already. */
  isOccupied(said: string): boolean;
  /** The same with a directory of its own (`scratch_directory`), which is gone when the shell has ended, however it ended. */
  scratchShell(): string;
}
