import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { FIXTURES } from "./support";

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>;
  readonly components: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly $ref?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: unknown }>> }>
  >;
}

/** One call that arrived, as the description names it. */
export interface PortalCall {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface PortalAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** What the portal does for an operation; `undefined` answers 404. */
export type PortalHandlers = Readonly<Record<string, (call: PortalCall) => PortalAnswer | undefined>>;

const DESCRIPTION = JSON.parse(readFileSync(join(FIXTURES, "portal-openapi.json"), "utf8")) as OpenApi;

/**
 * A portal that is made from the OpenAPI description: it knows no path, method, header, request body or answer that
 * the description does not, so a client that passes here speaks the described API. What breaks the description is
 * answered with 400 and recorded in `violations`.
 */
export class MockPortal {
  readonly calls: PortalCall[] = [];
  readonly violations: string[] = [];
  private readonly ajv = new Ajv({ strict: false, validateFormats: false });
  private readonly server: Server;
  private readonly token: string;
  private readonly handlers: PortalHandlers;
  private readonly compiled = new Map<unknown, ValidateFunction>();

  static async start(token: string, handlers: PortalHandlers): Promise<MockPortal> {
    const portal = new MockPortal(token, handlers);
    await new Promise<void>((ready) => portal.server.listen(0, "127.0.0.1", ready));
    return portal;
  }

  private constructor(token: string, handlers: PortalHandlers) {
    this.token = token;
    this.handlers = handlers;
    this.ajv.addSchema({ $id: "portal", components: nullable(DESCRIPTION.components) });
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, body } = this.handle(request, Buffer.concat(chunks).toString("utf8"));
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  private handle(request: IncomingMessage, text: string): PortalAnswer {
    const found = findOperation(request.method ?? "", request.url ?? "");
    if (found === undefined) return this.violation(`${request.method} ${request.url} is not in the description`);
    const { operation, parameters } = found;
    if (request.headers["x-api-token"] !== this.token) return { status: 401, body: { error: "no such token" } };
    const schema = operation.requestBody?.content["application/json"]?.schema;
    let body: unknown;
    if (schema === undefined) {
      if (text !== "") return this.violation(`${operation.operationId} takes no body`);
    } else {
      if (request.headers["content-type"] !== "application/json")
        return this.violation(`${operation.operationId}: content type`);
      body = JSON.parse(text);
      const problem = this.invalid(schema, body);
      if (problem !== undefined) return this.violation(`${operation.operationId}: ${problem}`);
      const unknown = Object.keys(body as object).filter((key) => !propertiesOf(schema).includes(key));
      if (unknown.length > 0) return this.violation(`${operation.operationId}: unknown ${unknown.join(", ")}`);
    }
    const call = { operation: operation.operationId, parameters, body };
    this.calls.push(call);
    const answer = this.handlers[operation.operationId]?.(call) ?? { status: 404, body: { error: "not found" } };
    return this.checkedAnswer(operation, answer);
  }

  /** The mock's own answers are held to the description as well. */
  private checkedAnswer(operation: Operation, answer: PortalAnswer): PortalAnswer {
    const described = operation.responses[String(answer.status)];
    const schema = described?.content?.["application/json"]?.schema;
    if (described === undefined && answer.status < 429) {
      return this.violation(`${operation.operationId} never answers ${answer.status}`);
    }
    const problem = schema === undefined ? undefined : this.invalid(schema, answer.body);
    return problem === undefined ? answer : this.violation(`answer of ${operation.operationId}: ${problem}`);
  }

  private invalid(schema: unknown, value: unknown): string | undefined {
    let validate = this.compiled.get(schema);
    if (validate === undefined) {
      validate = this.ajv.compile(rebase(nullable(schema)) as object);
      this.compiled.set(schema, validate);
    }
    return validate(value) ? undefined : this.ajv.errorsText(validate.errors);
  }

  private violation(what: string): PortalAnswer {
    this.violations.push(what);
    return { status: 400, body: { error: what } };
  }
}

function findOperation(method: string, url: string) {
  const { pathname } = new URL(url, "http://portal");
  for (const [template, operations] of Object.entries(DESCRIPTION.paths)) {
    const names = [...template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!);
    const match = new RegExp(`^${template.replace(/\{[^}]+\}/g, "([^/]+)")}$`).exec(pathname);
    const operation = operations[method.toLowerCase()];
    if (match === null || operation === undefined) continue;
    const parameters = Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1]!)]));
    return { operation, parameters };
  }
  return undefined;
}

/** OpenAPI's `nullable` in the words of JSON Schema. */
function nullable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(nullable);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, nullable(value)]));
  if (copy["nullable"] === true && typeof copy["type"] === "string") copy["type"] = [copy["type"], "null"];
  delete copy["nullable"];
  return copy;
}

function rebase(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"portal#/'));
}

function propertiesOf(schema: unknown): readonly string[] {
  const name = (schema as { readonly $ref?: string }).$ref?.split("/").pop();
  const { schemas } = DESCRIPTION.components as {
    readonly schemas: Readonly<Record<string, { readonly properties?: object }>>;
  };
  return Object.keys((name === undefined ? (schema as { properties?: object }) : schemas[name])?.properties ?? {});
}
