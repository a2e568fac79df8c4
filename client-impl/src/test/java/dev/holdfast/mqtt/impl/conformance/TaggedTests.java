package dev.holdfast.mqtt.impl.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

/** The tests of this module that carry {@link Statement}, by identifier of the statement. */
record TaggedTests(Map<String, List<Test>> byStatement) {
    /** A test method; a parameterised one counts once. */
    record Test(String className, String method) {
        static Test of(Method method) {
            return new Test(method.getDeclaringClass().getName(), method.getName());
        }

        /** The file that it is in, below the folder of the test sources. */
        String sourceFile() {
            return className.replaceAll("\\$.*", "").replace('.', '/') + ".java";
        }

        @Override
        public String toString() {
            return className.substring(className.lastIndexOf('.') + 1).replace('$', '.')
                    + "."
                    + method;
        }
    }

    /** All tests that show something. */
    List<Test> all() {
        return byStatement.values().stream().flatMap(List::stream).distinct().toList();
    }

    List<Test> of(Statements.Row row) {
        return byStatement.getOrDefault(row.id(), List.of());
    }

    /** Looks through the compiled tests of this module. */
    static TaggedTests scan() {
        Map<String, List<Test>> byStatement = new TreeMap<>();
        for (Class<?> type : testClasses()) {
            for (Method method : type.getDeclaredMethods()) {
                Statement statement = method.getAnnotation(Statement.class);
                if (statement == null) {
                    continue;
                }
                if (!AnnotationSupport.isAnnotated(method, Testable.class)) {
                    throw new AssertionError("@Statement on what is no test: " + method);
                }
                for (String id : statement.value()) {
                    byStatement.computeIfAbsent(id, i -> new ArrayList<>()).add(Test.of(method));
                }
            }
        }
        byStatement.values().forEach(tests -> tests.sort(TaggedTests::compare));
        return new TaggedTests(byStatement);
    }

    private static int compare(Test a, Test b) {
        return a.toString().compareTo(b.toString());
    }

    private static List<Class<?>> testClasses() {
        try {
            Path root =
                    Path.of(
                            TaggedTests.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            List<Class<?>> classes = new ArrayList<>();
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.toList()) {
                    String name = root.relativize(file).toString();
                    if (name.endsWith(".class") && !name.endsWith("-info.class")) {
                        name = name.substring(0, name.length() - ".class".length());
                        classes.add(
                                Class.forName(
                                        name.replace(file.getFileSystem().getSeparator(), "."),
                                        false,
                                        TaggedTests.class.getClassLoader()));
                    }
                }
            }
            return classes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException | ClassNotFoundException e) {
            throw new AssertionError("The compiled tests cannot be looked through", e);
        }
    }
}
