import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readManifests } from "../../../lib/constructs/cloudlab/manifest/read";
import { FIXTURES, problemsOf } from "./support";

const parse = (content: string) => readManifests([{ source: "m.xml", content }]);
const refused = (content: string) => problemsOf(() => parse(content));
const GOOD = readFileSync(join(FIXTURES, "manifests/two-c220g5-jumbo.xml"), "utf8");

describe("hostile manifests", () => {
  it("a file cut off anywhere is refused, never half read", () => {
    const end = GOOD.trimEnd().length;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: end - 1 }), (length) => {
        expect(refused(GOOD.slice(0, length))[0]?.code).toBe("NL-XML-READ");
      }),
      { numRuns: 500 },
    );
  });

  it("a file with some characters changed is read or refused, never anything else", () => {
    const change = fc.record({
      at: fc.nat(GOOD.length - 1),
      cut: fc.nat(20),
      insert: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom("<", ">", '"', "&amp;", "<node/>", "</node>", "\0", "urn:publicid:IDN+x+y+z"),
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const content = changes.reduce(
          (all, { at, cut, insert }) => all.slice(0, at) + insert + all.slice(at + cut),
          GOOD,
        );
        try {
          const manifest = parse(content);
          for (const node of manifest.nodes) expect(node.name).toMatch(/^[A-Za-z0-9]/);
        } catch (error) {
          expect((error as Error).name).toBe("NetloomError");
        }
      }),
      { numRuns: 800 },
    );
  });

  it("any manifest that can be built from nodes and LANs is read back as it was", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
    const node = fc.record({
      ports: fc.integer({ min: 0, max: 4 }),
      kind: fc.constantFrom("raw-pc", "emulab-xen"),
      users: fc.uniqueArray(name, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 8 }),
        fc.array(node, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        (names, shapes, jumbo) => {
          const manifest = parse(
            generated(
              names.map((id, i) => ({ id, ...shapes[i]! })),
              jumbo,
            ),
          );
          expect(
            manifest.nodes.map((n) => [n.name, n.sliverType, n.interfaces.length, n.logins.map((l) => l.user)]),
          ).toEqual(names.map((id, i) => [id, shapes[i]!.kind, shapes[i]!.ports, shapes[i]!.users]));
          expect(manifest.lans[0]).toMatchObject({
            jumbo,
            members: manifest.nodes.flatMap((n) => n.interfaces.map((p) => p.clientId)),
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it("no entity is fetched from the network, in any of the ways to ask for it", async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests++;
      response.end("<!ENTITY y 'z'>");
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    const bodies = [
      `<!DOCTYPE rspec SYSTEM "${url}">${GOOD}`,
      `<!DOCTYPE rspec PUBLIC "-//X//Y" "${url}">${GOOD}`,
      `<!DOCTYPE rspec [<!ENTITY x SYSTEM "${url}">]>${GOOD.replace("c220g5-sw1", "&x;")}`,
      `<!DOCTYPE rspec [<!ENTITY % x SYSTEM "${url}"> %x;]>${GOOD}`,
      `<?xml-stylesheet href="${url}"?>${GOOD}`,
      GOOD.replace("<services>", `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="${url}"/><services>`),
      GOOD.replace(/xsi:schemaLocation="[^"]*"/, `xsi:schemaLocation="http://www.geni.net/resources/rspec/3 ${url}"`),
    ];
    for (const body of bodies.slice(0, 4)) expect(refused(body)[0]?.what).toContain("document type");
    for (const body of bodies.slice(4)) expect(parse(body).nodes).toEqual(parse(GOOD).nodes);
    await new Promise((later) => setTimeout(later, 50));
    expect(requests).toBe(0);
    server.close();
  });
});

interface GeneratedNode {
  readonly id: string;
  readonly ports: number;
  readonly kind: string;
  readonly users: readonly string[];
}

function generated(list: readonly GeneratedNode[], jumbo: boolean): string {
  let mac = 0;
  const refs: string[] = [];
  const elements = list.map(({ id, ports, kind, users }, i) => {
    const interfaces = Array.from({ length: ports }, (_, port) => {
      const number = ++mac;
      refs.push(`<interface_ref client_id="${id}:if${port}"/>`);
      const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
      return `<interface client_id="${id}:if${port}" component_id="urn:publicid:IDN+wisc.cloudlab.us+interface+m${i}:eth${port}" mac_address="3c${number.toString(16).padStart(10, "0")}"><ip address="${address}" netmask="255.0.0.0" type="ipv4"/></interface>`;
    });
    const logins = users.map(
      (user) => `<login authentication="ssh-keys" hostname="m${i}.wisc.cloudlab.us" port="22" username="${user}"/>`,
    );
    return `<node client_id="${id}" exclusive="true" component_manager_id="urn:publicid:IDN+wisc.cloudlab.us+authority+cm" component_id="urn:publicid:IDN+wisc.cloudlab.us+node+m${i}" sliver_id="urn:publicid:IDN+wisc.cloudlab.us+sliver+${i}"><sliver_type name="${kind}"/>${interfaces.join("")}<e:vnode name="m${i}" hardware_type="c220g5"/><host name="${id}.e.p.wisc.cloudlab.us" ipv4="128.104.${i >> 8}.${i & 255}"/><services>${logins.join("")}</services></node>\n`;
  });
  return `<rspec xmlns="http://www.geni.net/resources/rspec/3" xmlns:e="http://www.protogeni.net/resources/rspec/ext/emulab/1" type="manifest">${elements.join("")}<link client_id="lan0">${refs.join("")}<e:jumboframes enabled="${jumbo}"/></link></rspec>`;
}

function large(count: number): string {
  const users = ["alice", "bob", "carol"];
  return generated(
    Array.from({ length: count }, (_, i) => ({ id: `node${i}`, ports: 1, kind: "raw-pc", users })),
    true,
  );
}

describe("large manifests", () => {
  it("5,000 nodes are read", () => {
    expect(parse(large(5000)).nodes).toHaveLength(5000);
  });
});
