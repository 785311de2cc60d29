// SimGrid's side of test/bench/network.ts: the same flows through its fluid network model, one result line.
//   flows FILE OUT        flows of a workload file, finish times into OUT
//   rounds N BYTES        ring of N ranks on the Clos of the workloads, a barrier after each of 2 (N - 1) rounds
//   dependencies N BYTES  the same, each rank waits for its own send and its predecessor's; rank i starts at i x 100 ns
// Prints seconds of the run phase, simulated seconds, peak memory in bytes.
// Model: CM02 without TCP's corrections, which is plain max-min fairness (reference/maxmin).
#include <chrono>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace sg4 = simgrid::s4u;
namespace routing = simgrid::kernel::routing;
using Links = std::vector<simgrid::kernel::resource::StandardLinkImpl*>;

// Routes without tables: of the flow that is being started, or of the sending host.
static const Links* next_route = nullptr;
static std::vector<Links> route_of_host;

class ListedZone : public routing::NetZoneImpl {
public:
  explicit ListedZone(const std::string& name) : NetZoneImpl(name) {}
  void get_local_route(const routing::NetPoint* src, const routing::NetPoint*, routing::Route* into, double*) override
  {
    into->link_list_ = next_route ? *next_route : route_of_host[src->id()];
  }
};

struct Flow {
  double start;
  unsigned long bytes;
  Links route;
};

static Links create_links(sg4::NetZone* zone, const std::vector<double>& capacities)
{
  Links links;
  for (size_t i = 0; i < capacities.size(); i++) {
    const auto* link = zone->create_link("l" + std::to_string(i), capacities[i])->set_latency(0)->seal();
    links.push_back(link->get_impl());
  }
  return links;
}

static std::vector<sg4::Host*> create_hosts(sg4::NetZone* zone, int count)
{
  std::vector<sg4::Host*> hosts;
  for (int i = 0; i < count; i++)
    hosts.push_back(zone->create_host("h" + std::to_string(i), 1e9)->seal());
  return hosts;
}

static double peak_bytes()
{
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024.0;
}

static void measure(sg4::Engine& engine)
{
  const auto begin = std::chrono::steady_clock::now();
  engine.run();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%.6f %.17g %.0f\n", seconds.count(), sg4::Engine::get_clock(), peak_bytes());
}

static void run_flows(sg4::Engine& engine, sg4::NetZone* zone, const char* in, const char* out)
{
  std::ifstream file(in);
  std::string word;
  size_t count;
  file >> word >> count;
  std::vector<double> capacities(count);
  for (auto& capacity : capacities)
    file >> capacity;
  const Links links = create_links(zone, capacities);
  file >> word >> count;
  std::vector<Flow> flows(count);
  for (auto& flow : flows) {
    double cap;
    size_t hops;
    file >> flow.start >> flow.bytes >> cap >> hops;
    for (size_t i = 0; i < hops; i++) {
      size_t link;
      file >> link;
      flow.route.push_back(links[link]);
    }
  }
  const auto hosts = create_hosts(zone, 2);
  zone->seal();
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return flows[a].start < flows[b].start; });
  std::vector<double> finish(count);
  sg4::Actor::create("sender", hosts[0], [&] {
    std::vector<sg4::CommPtr> comms(count);
    for (size_t i : order) {
      sg4::this_actor::sleep_until(flows[i].start);
      next_route = &flows[i].route;
      comms[i] = sg4::Comm::sendto_async(hosts[0], hosts[1], flows[i].bytes);
    }
    for (size_t i = 0; i < count; i++) {
      comms[i]->wait();
      finish[i] = comms[i]->get_finish_time();
    }
  });
  measure(engine);
  std::ofstream result(out);
  result.precision(17);
  for (double time : finish)
    result << time << '\n';
}

static void run_ring(sg4::Engine& engine, sg4::NetZone* zone, int n, unsigned long bytes, bool rounds)
{
  const int leaves = n / 32;
  const int spines = 16;
  const Links links = create_links(zone, std::vector<double>(2 * n + 2 * leaves * spines, 50e9));
  const auto hosts = create_hosts(zone, n);
  zone->seal();
  for (int a = 0; a < n; a++) {
    const int b = (a + 1) % n;
    const int spine = a % spines;
    if (a / 32 == b / 32)
      route_of_host.push_back({links[a], links[n + b]});
    else
      route_of_host.push_back({links[a], links[2 * n + a / 32 * spines + spine],
                               links[2 * n + leaves * spines + spine * leaves + b / 32], links[n + b]});
  }
  const int steps = 2 * (n - 1);
  std::vector<sg4::SemaphorePtr> arrived;
  if (rounds) {
    sg4::Actor::create("ring", hosts[0], [&] {
      std::vector<sg4::CommPtr> comms(n);
      for (int step = 0; step < steps; step++) {
        for (int a = 0; a < n; a++)
          comms[a] = sg4::Comm::sendto_async(hosts[a], hosts[(a + 1) % n], bytes);
        for (auto& comm : comms)
          comm->wait();
      }
    });
  } else {
    for (int a = 0; a < n; a++)
      arrived.push_back(sg4::Semaphore::create(0));
    for (int a = 0; a < n; a++)
      sg4::Actor::create("rank", hosts[a], [&, a] {
        sg4::this_actor::sleep_for(a * 100e-9);
        for (int step = 0; step < steps; step++) {
          sg4::Comm::sendto(hosts[a], hosts[(a + 1) % n], bytes);
          arrived[(a + 1) % n]->release();
          arrived[a]->acquire();
        }
      });
  }
  measure(engine);
}

int main(int argc, char** argv)
{
  sg4::Engine engine(&argc, argv);
  for (const char* setting :
       {"network/model:CM02", "network/crosstraffic:0", "network/TCP-gamma:0", "network/weight-S:0",
        "network/bandwidth-factor:1", "network/latency-factor:1", "maxmin/precision:1e-10", "surf/precision:1e-12"})
    sg4::Engine::set_config(setting);
  auto* zone = (new ListedZone("clos"))->get_iface();
  const std::string mode = argc > 3 ? argv[1] : "";
  if (mode == "flows")
    run_flows(engine, zone, argv[2], argv[3]);
  else if (mode == "rounds" || mode == "dependencies")
    run_ring(engine, zone, std::stoi(argv[2]), std::stoul(argv[3]), mode == "rounds");
  else {
    std::fprintf(stderr, "usage: flows FILE OUT | rounds N BYTES | dependencies N BYTES\n");
    return 2;
  }
  return 0;
}
