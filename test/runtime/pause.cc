// The one program of the image that the test's pods run.

#include <unistd.h>

int main() {
  for (;;) ::pause();
}
