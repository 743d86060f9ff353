import type grpcTypes from "@grpc/grpc-js";
import type pb from "@pulumi/pulumi/proto/provider_pb.js";
import type emptyTypes from "google-protobuf/google/protobuf/empty_pb.js";
import type structTypes from "google-protobuf/google/protobuf/struct_pb.js";
import { isWithin, propertyName } from "../../shared/propertyPath.ts";
import { parseArgumentTexts } from "./argumentTexts.ts";
import { compareProperties, type PropertyChange } from "./changes.ts";
import { checkInputs, withDefaults } from "./check.ts";
import { type EngineLog, openEngineLog } from "./engineLog.ts";
import type { Provider, ProviderStart } from "./provider.ts";
import { type CheckFailure, type Operation, OperationError, type Resource } from "./resource.ts";
import { containsUnknown, type Properties, type Received, receive, send, UNKNOWN } from "./values.ts";
import { emptyPb, grpc, pluginPb, providerGrpc, providerPb } from "./wire.ts";

/** The engine's messages carry whole configurations; gRPC's own limit is 4 MB. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

type Call<Request> = grpcTypes.ServerUnaryCall<Request, unknown>;
type Handler<Request, Response> = (request: Request) => Response | Promise<Response>;

/** A provider that serves the engine. */
export interface Served {
  /** Where, on the loopback address. */
  readonly port: number;
  /** Closes the connections of its resources, and the port. */
  close(): void;
}

/**
 * Serves a provider to the Pulumi engine. The protocol:
 * https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
 *
 * @param load gets the provider with all that it works with. The engine waits for the port, so that comes first.
 */
export function serveProvider<Context>(load: () => Promise<Provider<Context>>, start: ProviderStart): Promise<Served> {
  const adapter = new ProviderAdapter(load, start);
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(providerGrpc.ResourceProviderService as unknown as grpcTypes.ServiceDefinition, adapter.methods());
  const close = () => {
    adapter.close();
    server.forceShutdown();
  };
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve({ port, close });
      else reject(error);
    });
  });
}

class ProviderAdapter<Context> {
  readonly #loadProvider: () => Promise<Provider<Context>>;
  readonly #log: EngineLog;
  readonly #stackConfiguration: string | undefined;
  #provider: Promise<Provider<Context>> | undefined;
  #context: Context | undefined;
  #close = () => {};

  constructor(loadProvider: () => Promise<Provider<Context>>, start: ProviderStart) {
    this.#loadProvider = loadProvider;
    this.#log = openEngineLog(start.engineAddress);
    this.#stackConfiguration = start.stackConfiguration;
  }

  #load(): Promise<Provider<Context>> {
    this.#provider ??= this.#loadProvider();
    return this.#provider;
  }

  methods(): grpcTypes.UntypedServiceImplementation {
    return {
      handshake: unary(() => this.#handshake()),
      getPluginInfo: unary(async () => new pluginPb.PluginInfo().setVersion((await this.#load()).version)),
      getSchema: unary(() => this.#getSchema()),
      checkConfig: unary((request: pb.CheckRequest) => this.#checkConfig(request)),
      // Never `replaces`: a replaced provider would replace every resource of the host.
      diffConfig: unary(() => new providerPb.DiffResponse()),
      configure: unary((request: pb.ConfigureRequest) => this.#configure(request)),
      check: unary((request: pb.CheckRequest) => this.#check(request)),
      diff: unary((request: pb.DiffRequest) => this.#diff(request)),
      create: unary((request: pb.CreateRequest) => this.#create(request)),
      read: unary((request: pb.ReadRequest) => this.#read(request)),
      update: unary((request: pb.UpdateRequest) => this.#update(request)),
      delete: unary((request: pb.DeleteRequest) => this.#delete(request)),
      cancel: unary(() => {
        this.close();
        return new emptyPb.Empty();
      }),
    };
  }

  close(): void {
    this.#close();
  }

  #handshake(): pb.ProviderHandshakeResponse {
    const response = new providerPb.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    response.setAcceptResources(true);
    response.setAcceptOutputs(true);
    return response;
  }

  async #getSchema(): Promise<pb.GetSchemaResponse> {
    const { packageSchema } = await import("./schema.ts");
    return new providerPb.GetSchemaResponse().setSchema(JSON.stringify(packageSchema(await this.#load())));
  }

  async #checkConfig(request: pb.CheckRequest): Promise<pb.CheckResponse> {
    const { properties, secrets } = receive(request.getNews());
    // The engine adds the version of the package to every provider's arguments.
    const { version, ...args } = properties;
    const { configuration, secretConfiguration = [], checkConfiguration } = await this.#load();
    const checked = checkInputs(configuration, parseArgumentTexts(configuration, args), checkConfiguration);
    const marks = [...secrets, ...secretConfiguration];
    return checkResponse(
      send({ ...checked.inputs, ...(version === undefined ? {} : { version }) }, marks),
      checked.failures,
    );
  }

  async #configure(request: pb.ConfigureRequest): Promise<pb.ConfigureResponse> {
    const { version: _, ...args } = receive(request.getArgs()).properties;
    const provider = await this.#load();
    const context = provider.configure(args, this.#stackConfiguration);
    this.#context = context;
    this.#close = () => provider.close(context);
    const response = new providerPb.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    return response;
  }

  async #check(request: pb.CheckRequest): Promise<pb.CheckResponse> {
    const resource = await this.#resource(request.getUrn());
    const news = receive(request.getNews());
    const checked = checkInputs(resource.inputs, news.properties, resource.check?.bind(resource));
    return checkResponse(send(checked.inputs, secretNames(resource, news)), checked.failures);
  }

  async #diff(request: pb.DiffRequest): Promise<pb.DiffResponse> {
    const resource = await this.#resource(request.getUrn());
    const state = withDefaults(resource.inputs, receive(request.getOlds()).properties);
    const inputs = receive(request.getNews()).properties;
    const compared = compareProperties(state, inputs);
    const changes = (await resource.diff?.(this.#operation(request, true), state, inputs, compared)) ?? compared;
    const ignored = request.getIgnorechangesList();
    const response = diffResponse(changes.filter((change) => !ignored.some((path) => isWithin(change.path, path))));
    return response.setDeletebeforereplace(resource.deleteBeforeReplace === true);
  }

  async #create(request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const resource = await this.#resource(request.getUrn());
    const inputs = receive(request.getProperties());
    const state = await resource.create(this.#operation(request, request.getPreview()), inputs.properties);
    const response = new providerPb.CreateResponse();
    // In a preview the id may rest on an unknown value; an empty one stands for that.
    const id = resource.id(inputs.properties, state);
    if (!(request.getPreview() && (containsUnknown(inputs.properties) || id === UNKNOWN))) response.setId(id);
    response.setProperties(send(state, secretNames(resource, inputs)));
    response.setRefreshBeforeUpdate(await this.#isRefreshed());
    return response;
  }

  async #read(request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const resource = await this.#resource(request.getUrn());
    const known = receive(request.getProperties());
    const inputs = receive(request.getInputs());
    const isImport = Object.keys(known.properties).length === 0;
    const state = await resource.read(
      this.#operation(request, false),
      request.getId(),
      isImport ? undefined : known.properties,
      isImport ? undefined : inputs.properties,
    );
    const response = new providerPb.ReadResponse();
    if (state === undefined) return response;
    const marks = secretNames(resource, known, inputs);
    response.setId(request.getId());
    response.setProperties(send(state, marks));
    response.setInputs(isImport ? send(inputsOf(resource, state), marks) : request.getInputs());
    response.setRefreshBeforeUpdate(await this.#isRefreshed());
    return response;
  }

  async #update(request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const resource = await this.#resource(request.getUrn());
    const olds = receive(request.getOlds());
    const news = receive(request.getNews());
    const operation = this.#operation(request, request.getPreview());
    const state = await resource.update(operation, olds.properties, news.properties);
    const response = new providerPb.UpdateResponse();
    response.setProperties(send(state, secretNames(resource, olds, news)));
    response.setRefreshBeforeUpdate(await this.#isRefreshed());
    return response;
  }

  async #delete(request: pb.DeleteRequest): Promise<emptyTypes.Empty> {
    const resource = await this.#resource(request.getUrn());
    await resource.delete(this.#operation(request, false), receive(request.getProperties()).properties);
    return new emptyPb.Empty();
  }

  async #isRefreshed(): Promise<boolean> {
    return (await this.#load()).reliesOnState !== true;
  }

  #operation(request: { getUrn(): string }, preview: boolean): Operation<Context> {
    if (this.#context === undefined)
      throw new OperationError("the provider was asked to work before it was configured");
    return { context: this.#context, log: this.#log.forResource(request.getUrn()), preview };
  }

  async #resource(urn: string): Promise<Resource<Context>> {
    const { name, resources } = await this.#load();
    const token = tokenOf(urn);
    const resource = resources.find((known) => known.token === token);
    if (resource === undefined) {
      const known = resources.map((other) => other.token).join(", ");
      throw new OperationError(`the ${name} provider has no resource ${token}; it has ${known}`);
    }
    return resource;
  }
}

/** `urn:pulumi:stack::project::parentType$type::name` names the type last. */
function tokenOf(urn: string): string {
  const types = urn.split("::")[2] ?? "";
  return types.slice(types.lastIndexOf("$") + 1);
}

function secretNames<Context>(resource: Resource<Context>, ...received: Received[]): string[] {
  return [...(resource.secrets ?? []), ...received.flatMap(({ secrets }) => [...secrets])];
}

function inputsOf<Context>(resource: Resource<Context>, state: Properties): Properties {
  const names = Object.keys(resource.inputs.shape);
  return Object.fromEntries(Object.entries(state).filter(([name]) => names.includes(name)));
}

function checkResponse(inputs: structTypes.Struct, failures: readonly CheckFailure[]): pb.CheckResponse {
  const response = new providerPb.CheckResponse();
  response.setInputs(inputs);
  response.setFailuresList(
    failures.map(({ property, reason }) => new providerPb.CheckFailure().setProperty(property).setReason(reason)),
  );
  return response;
}

const DIFF_KINDS = {
  add: [providerPb.PropertyDiff.Kind.ADD, providerPb.PropertyDiff.Kind.ADD_REPLACE],
  delete: [providerPb.PropertyDiff.Kind.DELETE, providerPb.PropertyDiff.Kind.DELETE_REPLACE],
  update: [providerPb.PropertyDiff.Kind.UPDATE, providerPb.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function diffResponse(changes: readonly PropertyChange[]): pb.DiffResponse {
  const response = new providerPb.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = providerPb.DiffResponse.DiffChanges;
  response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  for (const { path, kind, replace } of changes) {
    const [inPlace, replacing] = DIFF_KINDS[kind];
    response.getDetaileddiffMap().set(path, new providerPb.PropertyDiff().setKind(replace ? replacing : inPlace));
    if (replace) response.addReplaces(path);
  }
  // The engine's short display takes names of properties, and shows nothing for a path within one.
  response.setDiffsList([...new Set(changes.map(({ path }) => propertyName(path)))]);
  return response;
}

/**
 * A gRPC method from a plain function. An {@link OperationError} leaves as FAILED_PRECONDITION, which tells the engine
 * that nothing happened; any other error as UNKNOWN, after which the state may be wrong.
 */
function unary<Request, Response>(handler: Handler<Request, Response>): grpcTypes.handleUnaryCall<Request, Response> {
  return (call: Call<Request>, reply) => {
    Promise.resolve()
      .then(() => handler(call.request))
      .then(
        (response) => reply(null, response),
        (error: unknown) =>
          reply({
            code: error instanceof OperationError ? grpc.status.FAILED_PRECONDITION : grpc.status.UNKNOWN,
            details: error instanceof Error ? error.message : String(error),
          }),
      );
  };
}
