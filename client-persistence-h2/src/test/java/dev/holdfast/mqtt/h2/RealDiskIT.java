package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is really full, and permissions that are really missing. */
@Timeout(240) // seconds; JVMs start slowly where much else runs
class RealDiskIT {
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    /** Mounts are seen by the process alone, and gone with it. */
    private static final List<String> OWN_MOUNTS =
            ROOT ? List.of("unshare", "-m") : List.of("unshare", "-r", "-m");

    /** Root, but with permissions that count. */
    private static final List<String> NO_OVERRIDE =
            ROOT
                    ? List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search")
                    : List.of("env");

    @TempDir Path folder;

    @Test
    void losesNothingStoredOnAFullDisk() throws IOException, InterruptedException {
        List<String> small = new ArrayList<>(OWN_MOUNTS);
        small.addAll(
                List.of(
                        "sh",
                        "-c",
                        "mount -t tmpfs -o size=2m tmpfs \"$0\" && exec \"$@\"",
                        folder.toString()));
        require(small, "no small disk can be mounted here; FailedWriteTest simulates one");
        String output = run(small, FullDiskChild.class);
        assertTrue(output.contains("PROCESS_CRASH: "), output);
        assertTrue(output.contains("POWER_LOSS: "), output);
    }

    @Test
    void saysWhatPermissionIsMissing() throws IOException, InterruptedException {
        require(NO_OVERRIDE, "root cannot give up its rights here; run the tests as another user");
        String output = run(NO_OVERRIDE, ForbiddenChild.class);
        assertTrue(output.contains("refused as it should be"), output);
    }

    private void require(List<String> prefix, String why) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add("true");
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, why + " (" + e.getMessage() + ")");
            throw e;
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(process.waitFor() == 0, why + " (" + output.strip() + ")");
    }

    private String run(List<String> prefix, Class<?> child)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(OtherProcessIT.java(child, folder.toString()).command());
        Path output = Files.createTempFile("real-disk", ".txt");
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            boolean ended = process.waitFor(120, TimeUnit.SECONDS);
            process.destroyForcibly();
            String said = Files.readString(output);
            assertTrue(ended, () -> "It did not end: " + said);
            assertEquals(0, process.waitFor(), said);
            said.lines().filter(line -> line.contains("it should be")).forEach(System.out::println);
            return said;
        } finally {
            Files.delete(output);
        }
    }
}
