package dev.holdfast.mqtt.impl;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The arrows of docs/ARCHITECTURE.md, checked on the compiled classes. */
class ArchitectureTest {

    private static final String IMPL = "dev.holdfast.mqtt.impl.";

    /** The one exported package. */
    private static final String NETTY = "dev.holdfast.mqtt.netty";

    private static final String API = "dev.holdfast.mqtt";
    private static final String STORE_SPI = "dev.holdfast.mqtt.store";
    private static final String SETTINGS = "dev.holdfast.mqtt.spi";

    /** What plain data and pure logic are made of. Time and randomness come in as arguments. */
    private static final String[] PLAIN_JAVA = {
        "java.io",
        "java.lang",
        "java.lang.annotation",
        "java.lang.invoke", // what javac makes of lambdas, records and string concatenation
        "java.lang.runtime",
        "java.net", // URI in the API's types
        "java.nio",
        "java.nio.charset",
        "java.time",
        "java.util",
        "java.util.function",
        "java.util.random",
        "java.util.regex",
        "java.util.stream",
        "org.jspecify.annotations"
    };

    private static final Set<String> HIDDEN_INPUTS =
            Set.of(
                    "java.lang.Thread",
                    "java.lang.ThreadLocal",
                    "java.lang.Runtime",
                    "java.lang.ProcessHandle",
                    "java.time.Clock",
                    "java.time.InstantSource",
                    "java.util.Timer");

    private static final Set<String> HIDDEN_INPUT_METHODS =
            Set.of("now", "currentTimeMillis", "nanoTime", "randomUUID", "getenv", "getProperty");

    private static JavaClasses classes;

    @BeforeAll
    static void readCompiledClasses() {
        classes =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.holdfast.mqtt.impl", NETTY);
    }

    @Test
    void everyClassLivesInAKnownPackage() {
        check(
                classes()
                        .should()
                        .resideInAnyPackage(
                                IMPL + "client",
                                IMPL + "session",
                                IMPL + "transport",
                                IMPL + "codec",
                                IMPL + "packet",
                                NETTY));
    }

    @Test
    void packagesDependOnlyAlongTheArrows() {
        check(
                Architectures.layeredArchitecture()
                        .consideringOnlyDependenciesInLayers()
                        .withOptionalLayers(true)
                        .layer("client")
                        .definedBy(IMPL + "client..")
                        .layer("session")
                        .definedBy(IMPL + "session..")
                        .layer("transport")
                        .definedBy(IMPL + "transport..")
                        .layer("netty")
                        .definedBy(NETTY)
                        .layer("codec")
                        .definedBy(IMPL + "codec..")
                        .layer("packet")
                        .definedBy(IMPL + "packet..")
                        .whereLayer("client")
                        .mayNotBeAccessedByAnyLayer()
                        .whereLayer("netty")
                        .mayOnlyBeAccessedByLayers("client")
                        .whereLayer("session")
                        .mayOnlyBeAccessedByLayers("client")
                        .whereLayer("transport")
                        .mayOnlyBeAccessedByLayers("client")
                        .whereLayer("codec")
                        .mayOnlyBeAccessedByLayers("client", "transport")
                        .whereLayer("packet")
                        .mayOnlyBeAccessedByLayers("client", "session", "transport", "codec"));
    }

    @Test
    void packetIsPlainData() {
        check(
                classes()
                        .that()
                        .resideInAPackage(IMPL + "packet..")
                        .should()
                        .onlyDependOnClassesThat(
                                plainJavaOr(IMPL + "packet..", API).and(not(hiddenInput()))));
    }

    @Test
    void sessionIsPureLogicOverPackets() {
        check(
                classes()
                        .that()
                        .resideInAPackage(IMPL + "session..")
                        .should()
                        .onlyDependOnClassesThat(
                                plainJavaOr(
                                                IMPL + "session..",
                                                IMPL + "packet..",
                                                API,
                                                STORE_SPI,
                                                SETTINGS)
                                        .and(not(hiddenInput()))));
    }

    @Test
    void packetAndSessionReadNeitherClockNorChance() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(IMPL + "packet..", IMPL + "session..")
                        .should()
                        .accessTargetWhere(readsClockOrChance()));
    }

    @Test
    void onlyCodecTransportClientAndNettyEventLoopsKnowNetty() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(
                                IMPL + "codec..", IMPL + "transport..", IMPL + "client..", NETTY)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.netty.."));
    }

    @Test
    void nothingReliesOnADatabase() {
        check(
                noClasses()
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("java.sql..", "javax.sql..", "org.h2.."));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(classes);
    }

    private static DescribedPredicate<JavaClass> plainJavaOr(String... packages) {
        return resideInAnyPackage(PLAIN_JAVA).or(resideInAnyPackage(packages));
    }

    private static DescribedPredicate<JavaClass> hiddenInput() {
        return DescribedPredicate.describe(
                "threads and clocks", type -> HIDDEN_INPUTS.contains(type.getName()));
    }

    private static DescribedPredicate<JavaAccess<?>> readsClockOrChance() {
        return DescribedPredicate.describe(
                "reads the clock, the environment or chance",
                access -> {
                    String owner = access.getTargetOwner().getName();
                    String member = access.getTarget().getName();
                    boolean platform = owner.startsWith("java.");
                    boolean unseededRandom =
                            owner.endsWith("Random")
                                    && member.equals("<init>")
                                    && access.getTarget().getFullName().endsWith("<init>()");
                    boolean mathRandom = owner.equals("java.lang.Math") && member.equals("random");
                    return platform
                            && (HIDDEN_INPUT_METHODS.contains(member)
                                    || unseededRandom
                                    || mathRandom);
                });
    }
}
