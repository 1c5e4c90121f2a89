# Events, spans and metrics of the original, measured as `bench` measures ours: the same fields, the
# same tags and buckets, every value given anew at each call, and what arrived is counted.

defmodule Bench.Work do
  def idle(n), do: execute(n, [:bench, :idle], 3_141_592, "/api/v1/items/:id", 200)
  def noop(n), do: execute(n, [:bench, :event], 3_141_592, "/api/v1/items/:id", 200)

  defp execute(0, _, _, _, _), do: :ok

  defp execute(n, event, duration, route, status) do
    :telemetry.execute(event, %{duration: duration}, %{route: route, status: status})
    execute(n - 1, event, duration, route, status)
  end

  def span(n), do: span(n, "/api/v1/items/:id", 200)

  defp span(0, _, _), do: :ok

  defp span(n, route, status) do
    :telemetry.span([:bench, :span], %{route: route, status: status}, fn ->
      {:ok, %{route: route, status: status}}
    end)

    span(n - 1, route, status)
  end

  def metric(samples), do: fn n -> metric(n, samples) end

  defp metric(0, _), do: :ok

  defp metric(n, samples) do
    {duration, route, status} = elem(samples, rem(n, 64))
    :telemetry.execute([:bench, :request], %{duration: duration}, %{route: route, status: status})
    metric(n - 1, samples)
  end

  def handler(_event, _measurements, _metadata, _config), do: :ok
end

defmodule Bench do
  import Telemetry.Metrics

  @repeats 9
  @buckets [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]

  def main(threads) do
    {:ok, _} = Application.ensure_all_started(:telemetry)
    :ok = :telemetry.attach("event", [:bench, :event], &Bench.Work.handler/4, nil)
    :ok = :telemetry.attach("span", [:bench, :span, :stop], &Bench.Work.handler/4, nil)
    tags = [:route, :status]

    {:ok, _} =
      TelemetryMetricsPrometheus.Core.start_link(
        metrics: [
          counter("bench.request.count", tags: tags),
          distribution("bench.request.duration",
            tags: tags,
            unit: {:native, :second},
            reporter_options: [buckets: @buckets]
          )
        ],
        start_async: false
      )

    all(threads, "")
    :telemetry.persist()
    all(threads, ".persisted")
  end

  defp all(threads, suffix) do
    report("idle" <> suffix, &Bench.Work.idle/1, 500_000, threads)
    report("noop" <> suffix, &Bench.Work.noop/1, 500_000, threads)
    report("span" <> suffix, &Bench.Work.span/1, 100_000, threads)
    # Few enough for the observations that it keeps until it is scraped.
    report("metric.64" <> suffix, Bench.Work.metric(samples()), 50_000, threads)
    one = samples() |> Tuple.to_list() |> Enum.map(&put_elem(put_elem(&1, 1, "/"), 2, 200))
    report("metric.one" <> suffix, Bench.Work.metric(List.to_tuple(one)), 50_000, threads)
  end

  defp samples do
    for at <- 0..63 do
      nanos = Bitwise.bsl(1_000_000, rem(at, 12))
      duration = System.convert_time_unit(nanos, :nanosecond, :native)
      {duration, "/api/v1/items/#{div(at, 4)}", Enum.at([200, 201, 404, 500], rem(at, 4))}
    end
    |> List.to_tuple()
  end

  defp report(name, work, calls, threads) do
    numbers =
      for processes <- [1, threads] do
        repeats = for _ <- 1..@repeats, do: sample(name, work, calls, processes)
        sorted = Enum.sort(repeats)
        [Enum.at(sorted, div(@repeats, 2)), hd(sorted)]
      end

    IO.puts(Enum.join([name | List.flatten(numbers)], " "))
  end

  # Nanoseconds per call as each process sees it. All begin at the same moment, after a warm-up; and
  # there is a scrape between two samples, off the clock.
  defp sample(name, work, calls, processes) do
    before = counted()
    parent = self()

    workers =
      for _ <- 1..processes do
        spawn_link(fn ->
          work.(div(calls, 10))
          send(parent, {:warm, self()})
          receive do: (:go -> :ok)
          start = :erlang.monotonic_time(:nanosecond)
          work.(calls)
          send(parent, {:done, self(), :erlang.monotonic_time(:nanosecond) - start})
        end)
      end

    for worker <- workers, do: receive(do: ({:warm, ^worker} -> :ok))
    for worker <- workers, do: send(worker, :go)
    times = for worker <- workers, do: receive(do: ({:done, ^worker, nanos} -> nanos))

    if String.starts_with?(name, "metric") do
      expected = 2 * processes * (calls + div(calls, 10))
      ^expected = counted() - before
    end

    Enum.sum(times) / length(times) / calls
  end

  defp counted do
    TelemetryMetricsPrometheus.Core.scrape()
    |> String.split("\n")
    |> Enum.filter(&String.starts_with?(&1, ["bench_request_count{", "bench_request_duration_count{"]))
    |> Enum.map(&(&1 |> String.split(" ") |> List.last() |> String.to_integer()))
    |> Enum.sum()
  end
end

[threads] = System.argv()
Bench.main(String.to_integer(threads))
