<#
.SYNOPSIS
Installs, or removes, the azure-vnet CNI plugins on a Windows node.

.DESCRIPTION
The package is verified against its checksum before anything is touched. Each executable is put in
place by a rename, so that a pod that is being attached at that moment notices nothing, and the network
configuration comes last. A configuration that an administrator changed is never overwritten: ours goes
beside it, with .new behind its name.

.PARAMETER Version
Version to install, with or without "v", from the mirror that the variable AZCNI_RELEASES names. Without
it: the latest that is there.

.PARAMETER Package
A package that is here already, instead of a download: made by `make azure-cni-plugins-windows`, with its
.sha256 file beside it.

.PARAMETER Prefix
Folder to install below.

.PARAMETER CniBinDir
Folder of the executables, instead of the prefix's bin.

.PARAMETER CniNetConfDir
Folder of the network configuration, instead of the prefix's netconf.

.PARAMETER Mode
bridge or tunnel, in the network configuration.

.PARAMETER DryRun
Only says what would be done.

.PARAMETER Rollback
Brings the version before back; again: forth.

.PARAMETER Uninstall
Removes the networks, the executables and the network configuration, unless it was changed. Refuses
while containers are attached.

.EXAMPLE
scripts\install-cni-plugin.ps1 -Package C:\temp\azure-vnet-cni-windows-amd64-VERSION.zip
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [Alias('PluginVersion')]
    [string] $Version = '',
    [string] $Package = '',
    [string] $Prefix = 'C:\k\azurecni',
    [string] $CniBinDir = (Join-Path $Prefix 'bin'),
    [string] $CniNetConfDir = (Join-Path $Prefix 'netconf'),
    [ValidateSet('', 'bridge', 'tunnel')]
    [string] $Mode = '',
    [switch] $DryRun,
    [switch] $Rollback,
    [switch] $Uninstall
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$Releases = $env:AZCNI_RELEASES
$BinFolder = $CniBinDir
$ConfFolder = $CniNetConfDir
$ConfName = '10-azure.conflist'
# The checksum of the configuration as we wrote it: it tells whether somebody changed it since.
$ConfMark = Join-Path $Prefix '10-azure.conflist.sha256'
$Executables = @('azure-vnet.exe', 'azure-vnet-ipam.exe')

function Get-Sha256([string] $Path) {
    (Get-FileHash -Algorithm SHA256 -LiteralPath $Path).Hash.ToLowerInvariant()
}

function Test-OwnConf {
    $conf = Join-Path $ConfFolder $ConfName
    if (-not (Test-Path -LiteralPath $conf)) { return $true }
    if (-not (Test-Path -LiteralPath $ConfMark)) { return $false }
    $mark = (Get-Content -LiteralPath $ConfMark -TotalCount 1).Trim()
    return (Get-Sha256 $conf) -eq $mark
}

function Resolve-Version([string] $Wanted) {
    if ($Wanted -ne '') { return 'v' + $Wanted.TrimStart('v') }
    $latest = Invoke-WebRequest -UseBasicParsing -Uri "$Releases/latest" -Headers @{ Accept = 'application/json' }
    return ($latest.Content | ConvertFrom-Json).tag_name
}

function Save-Package([string] $Tag, [string] $Folder) {
    $name = "azure-vnet-cni-windows-amd64-$Tag.zip"
    foreach ($file in @($name, "$name.sha256")) {
        $target = Join-Path $Folder $file
        Write-Host "Downloading $Releases/download/$Tag/$file"
        Invoke-WebRequest -UseBasicParsing -Uri "$Releases/download/$Tag/$file" -OutFile $target
    }
    return Join-Path $Folder $name
}

function Assert-Checksum([string] $Path) {
    $sumFile = "$Path.sha256"
    if (-not (Test-Path -LiteralPath $sumFile)) { throw "$sumFile is missing: the package can't be verified" }
    $expected = ((Get-Content -LiteralPath $sumFile -TotalCount 1) -split '\s+')[0].ToLowerInvariant()
    $actual = Get-Sha256 $Path
    if ($actual -ne $expected) { throw "$Path has checksum $actual, expected $expected" }
}

function Write-Step([string] $Text) {
    if ($DryRun) { Write-Host "would $Text" } else { Write-Host $Text }
}

function Remove-IfThere([string] $Path) {
    if (Test-Path -LiteralPath $Path) { Remove-Item -LiteralPath $Path -Force -Recurse }
}

# A running executable can be renamed, and not overwritten; the version before stays as .old.
function Move-IntoPlace([string] $Target) {
    if (Test-Path -LiteralPath $Target) {
        Remove-IfThere "$Target.old"
        Move-Item -LiteralPath $Target -Destination "$Target.old" -Force
    }
    Move-Item -LiteralPath "$Target.new" -Destination $Target -Force
}

# The configuration as it is to be, beside its place.
function Copy-Conf([string] $Source, [string] $Target) {
    $text = Get-Content -LiteralPath $Source -Raw
    if ($Mode -ne '') { $text = $text -replace '"mode"\s*:\s*"[a-z]*"', "`"mode`": `"$Mode`"" }
    [System.IO.File]::WriteAllText($Target, $text)
}

# Everything that can fail comes before the first rename.
function Install-Package([string] $Path) {
    Assert-Checksum $Path
    $unpacked = Join-Path ([System.IO.Path]::GetTempPath()) ([System.Guid]::NewGuid().ToString())
    $conf = Join-Path $ConfFolder $ConfName
    $staged = @()
    try {
        Expand-Archive -LiteralPath $Path -DestinationPath $unpacked
        foreach ($name in $Executables + $ConfName) {
            if (-not (Test-Path -LiteralPath (Join-Path $unpacked $name))) { throw "$Path lacks $name" }
        }
        foreach ($name in $Executables) { Write-Step "install $(Join-Path $BinFolder $name)" }
        Write-Step "install $conf"
        if ($DryRun) { return }
        New-Item -ItemType Directory -Force -Path $BinFolder, $ConfFolder, $Prefix | Out-Null
        foreach ($name in $Executables) {
            $fresh = Join-Path $BinFolder "$name.new"
            $staged += $fresh
            Copy-Item -LiteralPath (Join-Path $unpacked $name) -Destination $fresh -Force
        }
        $staged += "$conf.tmp"
        Copy-Conf (Join-Path $unpacked $ConfName) "$conf.tmp"

        foreach ($name in $Executables) { Move-IntoPlace (Join-Path $BinFolder $name) }
        if (Test-OwnConf) {
            Move-Item -LiteralPath "$conf.tmp" -Destination $conf -Force
            Set-Content -LiteralPath $ConfMark -Value (Get-Sha256 $conf) -Encoding ascii
        } else {
            Move-Item -LiteralPath "$conf.tmp" -Destination "$conf.new" -Force
            Write-Warning "$conf was changed, and stays as it is; ours is $conf.new"
        }
    } finally {
        foreach ($file in $staged) { Remove-IfThere $file }
        Remove-IfThere $unpacked
    }
    & (Join-Path $BinFolder 'azure-vnet.exe') --version
}

function Restore-Previous {
    foreach ($name in $Executables) {
        if (-not (Test-Path -LiteralPath (Join-Path $BinFolder "$name.old"))) { throw 'there is no version before this one' }
    }
    foreach ($name in $Executables) {
        $path = Join-Path $BinFolder $name
        Write-Step "bring back $path"
        if ($DryRun) { continue }
        Move-Item -LiteralPath "$path.old" -Destination "$path.new" -Force
        Move-IntoPlace $path
    }
}

# The plugin refuses while containers are attached, and then all stays.
function Remove-Networks {
    $plugin = Join-Path $BinFolder 'azure-vnet.exe'
    if (-not (Test-Path -LiteralPath $plugin)) { return }
    if (@(& $plugin list).Count -gt 1) { throw 'containers are attached: drain the node first' }
    foreach ($network in @(& $plugin network list)) {
        Write-Step "remove network $network"
        if ($DryRun) { continue }
        & $plugin network rm $network
        if ($LASTEXITCODE -ne 0) { throw "network $network could not be removed" }
    }
}

function Uninstall-Plugins {
    $conf = Join-Path $ConfFolder $ConfName
    $files = @()
    Remove-Networks
    # The configuration first: no runtime must call what is about to go.
    if (Test-OwnConf) { $files += $conf, $ConfMark } else { Write-Warning "$conf was changed, and stays" }
    foreach ($name in $Executables) {
        foreach ($file in @($name, "$name.old", "$name.new")) { $files += Join-Path $BinFolder $file }
    }
    foreach ($file in $files) {
        Write-Step "remove $file"
        if (-not $DryRun) { Remove-IfThere $file }
    }
}

if ($Uninstall) {
    Uninstall-Plugins
    Write-Step 'remove the azure-vnet CNI plugins: done'
    return
}

if ($Rollback) {
    Restore-Previous
    return
}

if ($Package -ne '') {
    Install-Package (Resolve-Path -LiteralPath $Package).Path
    return
}

if (-not $Releases) {
    throw 'there is no release yet: build a package with "make azure-cni-plugins-windows" and install it with -Package FILE, or name a mirror that has it in AZCNI_RELEASES'
}

# Windows PowerShell offers servers an old TLS unless it is told.
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
$download = Join-Path ([System.IO.Path]::GetTempPath()) ([System.Guid]::NewGuid().ToString())
New-Item -ItemType Directory -Path $download | Out-Null
try {
    Install-Package (Save-Package (Resolve-Version $Version) $download)
} finally {
    Remove-Item -LiteralPath $download -Recurse -Force
}
