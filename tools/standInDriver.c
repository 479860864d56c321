/*
 * A stand-in for Chromium's own software Vulkan driver, so that the tests can run on another one (CONTRIBUTING.md): hands
 * every call on to the driver that STAND_IN_DRIVER names, under the name of the one whose place it takes.
 *
 *     cc -shared -fPIC -o FOLDER/libvk_swiftshader.so tools/standInDriver.c
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Function)(void);
typedef Function (*GetFunction)(void *instance, const char *name);

static GetFunction driver(void) {
  static GetFunction get;
  if (get) return get;
  const char *path = getenv("STAND_IN_DRIVER");
  void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!library) {
    fprintf(stderr, "STAND_IN_DRIVER, the path of a Vulkan driver: %s\n", path ? dlerror() : "not set");
    abort();
  }
  int (*negotiate)(uint32_t *) = (int (*)(uint32_t *))dlsym(library, "vk_icdNegotiateLoaderICDInterfaceVersion");
  uint32_t version = 5;
  if (negotiate) negotiate(&version);
  return get = (GetFunction)dlsym(library, "vk_icdGetInstanceProcAddr");
}

static void (*properties)(void *device, uint32_t *out);
static void (*properties2)(void *device, char *out);

/* VkPhysicalDeviceProperties: API version, driver version, vendor, device. Chromium takes no others here. */
static void rename_(uint32_t *out) {
  out[2] = 0x1AE0;
  out[3] = 0xC0DE;
}

static void renamedProperties(void *device, uint32_t *out) {
  properties(device, out);
  rename_(out);
}

/* The same behind the type and the pointer of VkPhysicalDeviceProperties2. */
static void renamedProperties2(void *device, char *out) {
  properties2(device, out);
  rename_((uint32_t *)(out + 2 * sizeof(void *)));
}

/* Layers are the business of a loader, which a driver does without. */
static int noLayers(uint32_t *count, void *layers) {
  (void)layers;
  *count = 0;
  return 0;
}

Function vkGetInstanceProcAddr(void *instance, const char *name) {
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (Function)vkGetInstanceProcAddr;
  if (!strcmp(name, "vkEnumerateInstanceLayerProperties")) return (Function)noLayers;
  Function found = driver()(instance, name);
  if (!found) return NULL;
  if (!strcmp(name, "vkGetPhysicalDeviceProperties")) {
    properties = (void (*)(void *, uint32_t *))found;
    return (Function)renamedProperties;
  }
  if (!strcmp(name, "vkGetPhysicalDeviceProperties2") || !strcmp(name, "vkGetPhysicalDeviceProperties2KHR")) {
    properties2 = (void (*)(void *, char *))found;
    return (Function)renamedProperties2;
  }
  return found;
}

Function vk_icdGetInstanceProcAddr(void *instance, const char *name) { return vkGetInstanceProcAddr(instance, name); }
