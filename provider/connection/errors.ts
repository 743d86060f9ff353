import { OperationError } from "../protocol/resource.ts";

/** The host does not answer, or the connection to it broke. */
export class HostUnreachable extends OperationError {}
