/** As many hosts are named in one notice. */
const SHOW = 8;

/**
 * What is said before anybody deploys when hosts are deployed no more: taking a host out of a stack takes its settings
 * off a machine, unless it was the last one. Terraform runs nothing for what is gone from the configuration, and with
 * the last host all resources of a deployment are.
 */
export function departureNotice(stack: string, hosts: readonly string[], others: boolean): string {
  const more = hosts.length - SHOW;
  const names = more > 0 ? `${hosts.slice(0, SHOW).join(", ")} and ${more} more` : hosts.join(", ");
  const [it, has] = hosts.length === 1 ? ["it", "has"] : ["them", "have"];
  if (others)
    return `netloom: ${names} ${has} left stack ${stack}; the next deploy takes back what was deployed to ${it}`;
  return (
    `netloom: ${names} ${has} left stack ${stack}, which deploys to no host any more: Terraform forgets ${it}, and what was deployed there stays.\n` +
    `  To take it back: put the host${hosts.length === 1 ? "" : "s"} into the stack again, and run "cdktf destroy ${stack}"`
  );
}
