import type { PortalExperiment, PortalProfile } from "./types";

/** Name of the environment variable with the API token; the community Terraform provider uses the same. */
export const TOKEN_VARIABLE = "CLOUDLAB_TOKEN";

/** A refusal of the portal, or no answer at all. Its text never holds the token. */
export class PortalError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "PortalError";
    this.status = status;
  }
}

export interface PortalClientProps {
  /** Base address, `https://…`; plain `http` only to this machine. */
  readonly url: string;
  readonly token: string;
  /** Waits between attempts and polls. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly fetch?: typeof fetch;
}

const ATTEMPTS = 5;
const FIRST_WAIT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 60_000;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const NOT_FOUND = 404;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The calls to the CloudLab portal that a life cycle needs. */
export class PortalClient {
  private readonly base: string;
  private readonly token: string;
  private readonly sleep: PortalClientProps["sleep"];
  private readonly fetch: typeof fetch;

  /** Throws a `PortalError` on an address that would send the token in the clear, and on an unusable token. */
  constructor(props: PortalClientProps) {
    this.base = checkedUrl(props.url);
    if (!/^[\x21-\x7e]+$/.test(props.token)) {
      throw new PortalError(
        0,
        `${TOKEN_VARIABLE} is empty or has characters that no token has; make one on the portal under "API Tokens"`,
      );
    }
    this.token = props.token;
    this.sleep = props.sleep;
    this.fetch = props.fetch ?? fetch;
  }

  /** The experiment, or `undefined` when there is none of this name. */
  async experiment(project: string, name: string): Promise<PortalExperiment | undefined> {
    return this.orUndefined(this.call<PortalExperiment>("GET", `/experiments/${id(project, name)}`));
  }

  async createExperiment(body: Readonly<Record<string, unknown>>): Promise<PortalExperiment> {
    return this.call<PortalExperiment>("POST", "/experiments", body);
  }

  async extend(
    project: string,
    name: string,
    expiresAt: string,
    reason: string | undefined,
  ): Promise<PortalExperiment> {
    return this.call<PortalExperiment>("PUT", `/experiments/${id(project, name)}`, { expires_at: expiresAt, reason });
  }

  /** Gives the hardware back. False when there was nothing to give back. */
  async terminate(project: string, name: string): Promise<boolean> {
    const gone = await this.orUndefined(this.call("DELETE", `/experiments/${id(project, name)}`).then(() => true));
    return gone ?? false;
  }

  /** Manifests by URN of the cluster. */
  async manifests(project: string, name: string): Promise<Readonly<Record<string, string>>> {
    return this.call("GET", `/experiments/${id(project, name)}/manifests`);
  }

  async profile(project: string, name: string): Promise<PortalProfile | undefined> {
    return this.orUndefined(this.call<PortalProfile>("GET", `/profiles/${id(project, name)}`, undefined, true));
  }

  async createProfile(project: string, name: string, script: string): Promise<PortalProfile> {
    return this.call<PortalProfile>("POST", "/profiles", { name, project, script });
  }

  async updateProfile(project: string, name: string, script: string): Promise<PortalProfile> {
    return this.call<PortalProfile>("PATCH", `/profiles/${id(project, name)}`, { script });
  }

  private async orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof PortalError && error.status === NOT_FOUND) return undefined;
      throw error;
    }
  }

  /**
   * One call. Overload is waited out for every method, since the portal did nothing then; no answer or a server error
   * is tried again only for reads, since a lost answer to a write may have done its work.
   */
  private async call<T>(method: Method, path: string, body?: unknown, elaborate = false): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const error = await this.attempt<T>(method, path, body, elaborate);
      if (!(error instanceof PortalError)) return error;
      const isTransient = method === "GET" && (error.status === 0 || error.status >= SERVER_ERROR);
      if ((!isTransient && error.status !== TOO_MANY_REQUESTS) || attempt === ATTEMPTS) throw error;
      await this.sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }

  private async attempt<T>(method: Method, path: string, body: unknown, elaborate: boolean): Promise<T | PortalError> {
    const what = `${method} ${path}`;
    try {
      const response = await this.fetch(`${this.base}${path}`, {
        method,
        // A redirect could carry the token to another machine.
        redirect: "error",
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        headers: {
          "X-Api-Token": this.token,
          Accept: "application/json",
          ...(elaborate ? { "X-Api-Elaborate": "true" } : {}),
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok)
        return new PortalError(response.status, this.redact(`${what}: ${refusal(response.status, text)}`));
      return (text === "" ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      const cause = (error as { cause?: { code?: string; message?: string } }).cause;
      const why = cause?.code ?? cause?.message ?? (error as Error).message;
      return new PortalError(0, this.redact(`${what}: no usable answer from ${this.base}: ${why}`));
    }
  }

  private redact(text: string): string {
    return text.replaceAll(this.token, "***");
  }
}

/** The portal accepts `project,name` wherever it accepts an id. */
function id(project: string, name: string): string {
  return encodeURIComponent(`${project},${name}`).replace("%2C", ",");
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (
    url === undefined ||
    url.username !== "" ||
    !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))
  ) {
    throw new PortalError(
      0,
      `${text} is not an address to send a token to: https:// is needed, without user or password`,
    );
  }
  return text.replace(/\/+$/, "");
}

const LONGEST_REFUSAL = 500;

function refusal(status: number, text: string): string {
  try {
    const { error, errors } = JSON.parse(text) as { error?: string; errors?: readonly string[] };
    return `${status} ${[error, ...(errors ?? [])].filter((part) => part !== undefined && part !== "").join("; ")}`;
  } catch {
    return `${status} ${text.slice(0, LONGEST_REFUSAL)}`;
  }
}
