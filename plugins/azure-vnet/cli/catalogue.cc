#include "catalogue.h"

#include "azcni/base/error.h"

namespace azcni::vnet {

namespace {

constexpr Explanation kFindings[] = {
    // The node's configuration.
    {"no-config", true, "no network configuration has azure-vnet in it",
     "the runtime attaches no container, or another plugin does",
     "install-cni-plugin.sh --package FILE"},
    {"config-not-first", true, "another configuration comes before ours",
     "a runtime takes the first file of the folder, by name",
     "remove the other file, or give ours a name that comes before it"},
    {"config-invalid", true, "a network configuration is wrong",
     "the runtime skips the file, or each ADD fails", "azure-vnet validate FILE says what"},
    {"config-readable", false, "others than root may read or write a network configuration",
     "security benchmarks ask for mode 0600", "chmod 600 FILE"},
    {"config-elsewhere", true, "the runtime looks elsewhere for network configurations",
     "it attaches no container by ours", "install-cni-plugin.sh --package FILE --conf-dir DIR"},
    {"plugins-elsewhere", true, "the runtime looks elsewhere for plugins",
     "each pod fails: \"failed to find plugin\"",
     "azure-vnet runtimes --link makes links there; or change bin_dir of the runtime"},
    {"delegate-missing", true, "a plugin that the configuration names is not there",
     "each ADD fails", "install-cni-plugin.sh --package FILE installs what is missing"},
    {"delegate-version", false, "azure-vnet and azure-vnet-ipam are of different versions",
     "an upgrade was half done", "install-cni-plugin.sh --package FILE"},
    // Addresses.
    {"metadata-silent", true, "Azure does not tell this VM's addresses",
     "no container gets an address, or a new one is not seen",
     "168.63.129.16 must be reachable at port 80: look at firewalls and proxies of the VM"},
    {"metadata-skipped", false, "entries of what Azure tells are not used",
     "nobody gets the addresses that they stand for",
     "a block (/28) is not served yet: az network nic ip-config create, once for each address"},
    {"no-secondary-addresses", true, "the VM's NICs have no secondary addresses",
     "each container needs one", "az network nic ip-config create, once for each container"},
    {"addresses-exhausted", false, "all addresses are in use", "the next container gets none",
     "assign more secondary addresses, or run fewer pods: kubelet --max-pods"},
    {"addresses-scarce", false, "four of five addresses are in use, or more",
     "soon a container gets none",
     "assign more secondary addresses, or run fewer pods: kubelet --max-pods"},
    {"addresses-taken", true, "the host has addresses that Azure assigned for containers",
     "no container gets them; cloud-init puts them on the NIC at each boot",
     "install-cni-plugin.sh --drop-ins (datasource: Azure: apply_network_config_for_secondary_ips: "
     "false), then ip address del, or a reboot"},
    {"addresses-withdrawn", false, "containers have addresses that Azure took back",
     "they can't be reached any more", "create these containers anew"},
    {"leaked-lease", false, "addresses are held by containers that azure-vnet does not know",
     "they are lost until somebody releases them", "azure-vnet gc"},
    {"lost-record", false, "containers that live are on no record",
     "no repair looks at them, and they are found by their names alone",
     "azure-vnet doctor --fix makes them again of links and leases"},
    // Records and the kernel.
    {"leaked-attachment", false, "records of containers that are gone",
     "they keep addresses; their DEL never came", "azure-vnet gc"},
    {"network-broken", true, "a network is not as it was made", "containers of it may be cut off",
     "azure-vnet doctor --fix, or the next ADD"},
    {"attachment-broken", true, "something of an attachment is missing",
     "that container is cut off, or in part",
     "azure-vnet doctor --fix; where that can't enter it, create the container anew"},
    {"stale-rule", false, "rules lead to a container that is not on record",
     "who gets that address by other ways than ours is cut off", "azure-vnet doctor --fix"},
    {"stale-link", false, "a link of a container is on no record",
     "its container lives, or the link would be gone: the record was lost, or another CNI plugin "
     "made it",
     "delete its pod when that suits, never the link alone"},
    {"dropped-spoofed", false, "containers sent in the name of others: that was dropped",
     "one is hostile, or routes for others, as a VPN or a virtual address does",
     "look who may: \"allowedAddresses\", or \"sourceGuard\": false, in the network configuration"},
    {"dropped-wireserver", false, "containers asked the VM's own services: that was dropped",
     "168.63.129.16 tells the VM's secrets at ports 80 and 32526: one is hostile, or an agent of "
     "Azure's in the wrong place",
     "such an agent belongs into the host's network"},
    {"corrupt-record", false, "a damaged record was set aside",
     "what it said is lost: a container of it is found by its names alone",
     "look at the *.corrupt file, then remove it"},
    {"lock-held", true, "somebody holds the store's lock for long",
     "every ADD and DEL waits for it", "look at the process that is named"},
    {"disk-full", true, "a file system is nearly full", "records and logs can't be written",
     "make room there"},
    {"log-large", false, "the logs are larger than they should ever be",
     "something else writes to them, or rotation fails", "look at /var/log/azure-vnet.log*"},
    // The host.
    {"ip-forward-off", true, "the host does not forward",
     "containers reach nothing in mode transparent, and ports of the host lead nowhere",
     "sysctl -w net.ipv4.ip_forward=1"},
    {"forward-drop", true, "a firewall drops what it forwards",
     "containers reach nothing beyond the host", "\"forwardAccept\": true, or an accept rule"},
    {"forward-refused", true, "a firewall refuses packets before forwardAccept can let them pass",
     "containers reach nothing beyond the host",
     "an accept rule for their links in that chain; firewalld: install-cni-plugin.sh --drop-ins"},
    {"bridge-nf-call", false, "that firewall sees frames between containers, too",
     "containers of one host can't reach each other",
     "sysctl -w net.bridge.bridge-nf-call-iptables=0, unless kube-proxy needs it"},
    {"services-unseen", true, "kube-proxy's rules do not see what containers send by the bridge",
     "no container reaches a Service, the API server included",
     "modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1, and -ip6tables; "
     "install-cni-plugin.sh --drop-ins does so at each boot"},
    {"no-masquerade", false, "nothing masquerades what leaves the VNET",
     "containers have no Internet, unless the VNET has a NAT gateway",
     "\"ipMasq\": true with \"vnetCidrs\""},
    {"rp-filter", false, "strict reverse path filtering on a second NIC",
     "what comes in there and would be answered by another is dropped", "rp_filter = 2"},
    {"no-nf-tables", true, "the kernel has no nf_tables",
     "modes bridge and tunnel, ipMasq and portMappings need it", "modprobe nf_tables"},
    {"nf-tables-features", true, "the kernel's nf_tables can't do what the rules need",
     "modes bridge and tunnel, or ipMasq and portMappings, fail",
     "load the module that is named, or use mode transparent without them"},
    {"networkd-manages", false, "systemd-networkd configures the links of containers",
     "it waits for them at boot, or takes their addresses", "install-cni-plugin.sh --drop-ins"},
    {"networkd-routes", true, "systemd-networkd removes routes that are not its own",
     "each restart of it, by an update, cuts containers off", "install-cni-plugin.sh --drop-ins"},
    {"nic-managed", true, "networkd or NetworkManager may configure the NIC below the bridge",
     "a restart of it, by an update, puts the host's addresses back on the NIC",
     "azure-vnet doctor --fix"},
    {"networkmanager-manages", false, "NetworkManager configures the links of containers",
     "it may take their addresses, or bring them down", "install-cni-plugin.sh --drop-ins"},
    {"udev-mac-policy", false, "udev changes MAC addresses of new links",
     "ours name theirs and are left alone; those of other tools are not",
     "install-cni-plugin.sh --drop-ins"},
    {"bridge-without-dns", true, "the resolver knows no server on the bridge",
     "the host resolves no names", "resolvectl dns BRIDGE 168.63.129.16"},
};

constexpr Explanation kErrors[] = {
    {"1", true, "CNI version, or verb of a later version", "the caller wants another form",
     "use a version that details lists"},
    {"2", true, "a field has a value that is not supported", "to ignore it would attach wrongly",
     "change the field that msg names"},
    {"3", true, "there is no such container or lease", "nothing was to be done",
     "azure-vnet list, azure-vnet-ipam leases"},
    {"4", true, "a variable or an argument is missing or malformed", "the caller's business",
     "msg names it"},
    {"5", true, "input too long, or unreadable", "a configuration has at most 1 MiB", ""},
    {"6", true, "the configuration is not JSON", "msg has the location", "azure-vnet validate"},
    {"7", true, "a field of the configuration is wrong or missing",
     "msg names it and what is expected", "azure-vnet validate"},
    {"8", true, "CNI_NETNS is no network namespace, or the host's own",
     "the container ended meanwhile, or shares the host's network", ""},
    {"11", true, "a lock was not free in time, or the kernel's tables changed too often",
     "msg names the holder", "try again"},
    {"50", true, "STATUS: an ADD would fail", "msg says why, as the ADD would",
     "azure-vnet doctor"},
    {"51", true, "STATUS: an ADD would fail, and containers that are attached have no network",
     "as 50", "azure-vnet doctor"},
    {"100", true, "the system refused an operation", "msg has the object and the reason",
     "azure-vnet doctor"},
    {"101", true, "the interface is attached already, or the network has containers",
     "it was left as it is", "DEL it first"},
    {"102", true, "no address is free", "msg has the figures",
     "assign secondary addresses, or run fewer pods"},
    {"103", true, "the address asked for is in use", "details names the holder", ""},
    {"104", true, "the node's addresses can't be learned", "msg has the URL or file and the reason",
     "azure-vnet doctor"},
    {"105", true, "no host interface fits, or there is no such network", "",
     "name the NIC in master"},
    {"106", true, "CHECK found something missing", "msg lists it", "create the container anew"},
    {"107", true, "a port of the host leads to another container", "msg names port and address",
     "choose another hostPort, or delete that container first"},
    {"999", true, "a delegate failed without an error of its own, or a plugin crashed",
     "details has what it printed", "the log has more"},
};

}  // namespace

const Explanation& explanation_of(const std::string& id) {
  for (const Explanation& each : kFindings) {
    if (each.id == id) return each;
  }
  for (const Explanation& each : kErrors) {
    if (each.id == id) return each;
  }
  throw Error(ErrorCode::kInvalidEnvironment, "there is no finding or error \"" + id + "\"",
              "findings are named by azure-vnet doctor, errors by the number in code");
}

}  // namespace azcni::vnet
