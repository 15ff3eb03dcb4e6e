/*
 * Stands in for a card with data centre bridging: preloaded into the real dcb(8), it answers its netlink messages out
 * of a state file (FAKE_DCB), as mlx5 would. So command lines and output are those of the real tool.
 *   cc -shared -fPIC -o fake-dcb.so fake-dcb.c && FAKE_DCB=state LD_PRELOAD=./fake-dcb.so dcb pfc show dev lo
 */
#include <linux/dcbnl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static struct state {
	struct ieee_ets ets;
	struct ieee_pfc pfc;
	struct ieee_maxrate rate;
	struct dcb_app apps[128];
	unsigned int count;
} state;
static char reply[16384];
static size_t length;

static void load(void)
{
	FILE *file = fopen(getenv("FAKE_DCB"), "rb");

	memset(&state, 0, sizeof(state));
	state.pfc.pfc_cap = 8;
	state.ets.ets_cap = 8;
	/* What mlx5e_ets_init leaves. */
	for (int i = 0; i < IEEE_8021QAZ_MAX_TCS; i++) {
		state.ets.tc_tsa[i] = IEEE_8021QAZ_TSA_VENDOR;
		state.ets.tc_tx_bw[i] = 100;
		state.ets.prio_tc[i] = i < 2 ? 1 - i : i;
	}
	if (file) {
		if (fread(&state, sizeof(state), 1, file) != 1)
			abort();
		fclose(file);
	}
}

static void save(void)
{
	FILE *file = fopen(getenv("FAKE_DCB"), "wb");

	if (!file || fwrite(&state, sizeof(state), 1, file) != 1)
		abort();
	fclose(file);
}

static struct rtattr *put(int type, const void *data, size_t size)
{
	struct rtattr *attr = (struct rtattr *)(reply + NLMSG_ALIGN(length));

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(size);
	if (data)
		memcpy(RTA_DATA(attr), data, size);
	length = NLMSG_ALIGN(length) + RTA_ALIGN(attr->rta_len);
	return attr;
}

static void end(struct rtattr *attr)
{
	attr->rta_len = reply + length - (char *)attr;
}

static void app(const struct dcb_app *wanted, int delete)
{
	unsigned int i;

	for (i = 0; i < state.count; i++)
		if (!memcmp(&state.apps[i], wanted, sizeof(*wanted)))
			break;
	if (delete && i < state.count)
		state.apps[i] = state.apps[--state.count];
	else if (!delete && i == state.count)
		state.apps[state.count++] = *wanted;
}

/* Like mlx5, which keeps 100 % for all that is not weighted and shows that (mlx5e_build_tc_tx_bw, mlx5e_dcbnl_ieee_getets). */
static void set_ets(const struct ieee_ets *wanted)
{
	memcpy(&state.ets, wanted, sizeof(state.ets));
	for (int i = 0; i < IEEE_8021QAZ_MAX_TCS; i++)
		if (state.ets.tc_tsa[i] != IEEE_8021QAZ_TSA_ETS)
			state.ets.tc_tx_bw[i] = 100;
}

static void change(struct rtattr *ieee, int delete)
{
	int rest = RTA_PAYLOAD(ieee);

	for (struct rtattr *at = RTA_DATA(ieee); RTA_OK(at, rest); at = RTA_NEXT(at, rest)) {
		int inner = RTA_PAYLOAD(at);

		switch (at->rta_type & NLA_TYPE_MASK) {
		case DCB_ATTR_IEEE_ETS: set_ets(RTA_DATA(at)); break;
		case DCB_ATTR_IEEE_PFC: memcpy(&state.pfc, RTA_DATA(at), sizeof(state.pfc)); break;
		case DCB_ATTR_IEEE_MAXRATE: memcpy(&state.rate, RTA_DATA(at), sizeof(state.rate)); break;
		case DCB_ATTR_IEEE_APP_TABLE:
			for (struct rtattr *one = RTA_DATA(at); RTA_OK(one, inner); one = RTA_NEXT(one, inner))
				app(RTA_DATA(one), delete);
		}
	}
}

ssize_t mnl_socket_sendto(const void *socket, const void *data, size_t size)
{
	const struct nlmsghdr *request = data;
	const struct dcbmsg *message = NLMSG_DATA(request);
	struct nlmsghdr *header = (struct nlmsghdr *)reply;
	struct rtattr *outer, *table, *ieee = NULL;
	int rest = NLMSG_PAYLOAD(request, sizeof(*message));

	(void)socket;
	load();
	for (struct rtattr *at = (struct rtattr *)((char *)message + NLMSG_ALIGN(sizeof(*message))); RTA_OK(at, rest); at = RTA_NEXT(at, rest))
		if ((at->rta_type & NLA_TYPE_MASK) == DCB_ATTR_IEEE)
			ieee = at;
	memset(reply, 0, sizeof(reply));
	header->nlmsg_type = RTM_GETDCB;
	header->nlmsg_seq = request->nlmsg_seq;
	length = NLMSG_LENGTH(sizeof(*message));
	*(struct dcbmsg *)NLMSG_DATA(header) = *message;
	if (message->cmd == DCB_CMD_IEEE_GET) {
		outer = put(DCB_ATTR_IEEE | NLA_F_NESTED, NULL, 0);
		put(DCB_ATTR_IEEE_ETS, &state.ets, sizeof(state.ets));
		put(DCB_ATTR_IEEE_PFC, &state.pfc, sizeof(state.pfc));
		put(DCB_ATTR_IEEE_MAXRATE, &state.rate, sizeof(state.rate));
		table = put(DCB_ATTR_IEEE_APP_TABLE | NLA_F_NESTED, NULL, 0);
		for (unsigned int i = 0; i < state.count; i++)
			put(DCB_ATTR_IEEE_APP, &state.apps[i], sizeof(state.apps[i]));
		end(table);
		end(outer);
	} else {
		__u8 status = 0;

		if (ieee)
			change(ieee, message->cmd == DCB_CMD_IEEE_DEL);
		save();
		header->nlmsg_type = RTM_SETDCB;
		put(DCB_ATTR_IEEE, &status, sizeof(status));
	}
	header->nlmsg_len = length;
	return size;
}

ssize_t mnl_socket_recvfrom(const void *socket, void *buffer, size_t size)
{
	size_t now = length < size ? length : size;

	(void)socket;
	memcpy(buffer, reply, now);
	length = 0;
	return now;
}
