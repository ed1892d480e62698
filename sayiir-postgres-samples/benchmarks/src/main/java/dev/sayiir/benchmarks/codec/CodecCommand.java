package dev.sayiir.benchmarks.codec;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs {@link CodecBenchmark} and compares. */
@Command(
        name = "codec",
        mixinStandardHelpOptions = true,
        description = "Measures the codecs next to Jackson's own streaming of the same bytes, with JMH.")
public final class CodecCommand implements Callable<Integer> {

    private static final String ALLOCATED = "gc.alloc.rate.norm";

    @Option(names = "--quick", description = "One short run: shows that it works, and little about speed.")
    boolean quick;

    @Option(names = "--json", description = "Where JMH writes its JSON (target/codec.json, or codec.json).")
    Optional<Path> json = Optional.empty();

    /** Made by the command line. */
    public CodecCommand() {}

    @Override
    public Integer call() throws Exception {
        Path target = Path.of("target");
        Path file = json.orElse(Files.isDirectory(target) ? target.resolve("codec.json") : Path.of("codec.json"));
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(CodecBenchmark.class.getName())
                .addProfiler(GCProfiler.class)
                .forks(quick ? 1 : 3)
                .warmupIterations(quick ? 1 : 5)
                .measurementIterations(quick ? 1 : 5)
                .warmupTime(TimeValue.milliseconds(quick ? 200 : 1_000))
                .measurementTime(TimeValue.milliseconds(quick ? 200 : 1_000))
                .resultFormat(ResultFormatType.JSON)
                .result(file.toString());
        System.out.print(compare(new Runner(options.build()).run()));
        return 0;
    }

    private static String compare(Collection<RunResult> results) {
        Map<String, Map<String, RunResult>> byCase = new TreeMap<>();
        for (RunResult result : results) {
            String document = String.format(
                    Locale.ROOT,
                    "%-6s %3d",
                    result.getParams().getParam("codec"),
                    Integer.parseInt(result.getParams().getParam("tasks")));
            byCase.computeIfAbsent(document, it -> new TreeMap<>())
                    .put(result.getPrimaryResult().getLabel(), result);
        }
        StringBuilder text = new StringBuilder(String.format(
                "%n%-10s %8s %10s %10s %10s %12s %10s %10s %12s%n",
                "codec",
                "bytes",
                "encode us",
                "x Jackson",
                "alloc B",
                "x Jackson",
                "decode us",
                "x Jackson",
                "alloc B"));
        byCase.forEach((document, all) -> text.append(String.format(
                Locale.ROOT,
                "%-10s %8d %10.2f %10.2f %10.0f %12.2f %10.2f %10.2f %12.0f%n",
                document,
                size(document),
                time(all, "encode"),
                time(all, "encode") / time(all, "jacksonWrites"),
                allocated(all, "encode"),
                allocated(all, "encode") / allocated(all, "jacksonWrites"),
                time(all, "decode"),
                time(all, "decode") / time(all, "jacksonReads"),
                allocated(all, "decode"))));
        return text.toString();
    }

    private static double time(Map<String, RunResult> all, String what) {
        return one(all, what).getPrimaryResult().getScore();
    }

    private static double allocated(Map<String, RunResult> all, String what) {
        return Objects.requireNonNull(one(all, what).getSecondaryResults().get(ALLOCATED))
                .getScore();
    }

    private static RunResult one(Map<String, RunResult> all, String what) {
        return Objects.requireNonNull(all.get(what), what);
    }

    private static int size(String document) {
        CodecBenchmark benchmark = new CodecBenchmark();
        benchmark.codec = document.substring(0, 6).strip();
        benchmark.tasks = Integer.parseInt(document.substring(6).strip());
        benchmark.setUp();
        return benchmark.size();
    }
}
