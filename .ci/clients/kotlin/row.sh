# shellcheck shell=bash
# Debian's Gson, and okhttp.kt in place of okhttp 4.
libraries=$TOOLS/node/node_modules/kotlin-compiler/lib
classes=/usr/share/java/gson.jar:$libraries/kotlin-stdlib.jar:$libraries/kotlin-reflect.jar

compile() {
  find client/src/main -name '*.kt' >sources
  java -Xmx1G -XX:-UsePerfData -XX:TieredStopAtLevel=1 -cp "$libraries/kotlin-compiler.jar" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler \
    -no-stdlib -nowarn -cp "$classes" -d out okhttp.kt MainJob.kt @sources
}
main_job() { java -XX:-UsePerfData -XX:TieredStopAtLevel=1 -cp "out:$classes" MainJobKt "$REPORT"; }
