import { OperationError } from "../protocol/resource.ts";

/** The host does not answer, or the connection to it broke. */
export class HostUnreachable extends OperationError {}

/** Another change runs on the host; this one has not begun. */
export class HostOccupied extends OperationError {}

/** The host does not open a further channel in the connection, which stays; the command has not begun. */
export class ChannelRefused extends HostUnreachable {}
